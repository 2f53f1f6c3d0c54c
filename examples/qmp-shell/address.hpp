// Where a QEMU is, as people write it.
#ifndef QMP_SHELL_ADDRESS_HPP
#define QMP_SHELL_ADDRESS_HPP

#include <coqmp/endpoint.hpp>

#include <string>
#include <string_view>

namespace qmp_shell {

/// As the old shell read it: what has no colon is a path, without a slash too.
/// @throws boost::system::system_error its text says what is wrong
[[nodiscard]] inline coqmp::endpoint address_of(std::string const& text)
{
    bool const path = text.find_first_of(":/") == std::string::npos;
    return path ? coqmp::endpoint::unix_socket(text) : coqmp::endpoint::parse(text);
}

/// Whether a word can only be an address, and not the beginning of a command.
[[nodiscard]] inline bool is_clearly_address(std::string_view word)
{
    bool const has_marks = word.find_first_of("/.:") != std::string_view::npos;
    return has_marks && !word.starts_with(':') && word.find_first_of(" ={([\"'") == std::string_view::npos;
}

}  // namespace qmp_shell

#endif
