// Where a QEMU is, as people write it.
#ifndef QMP_SHELL_ADDRESS_HPP
#define QMP_SHELL_ADDRESS_HPP

#include <coqmp/endpoint.hpp>

#include <string>

namespace qmp_shell {

/// As the old shell read it: what has no colon is a path, without a slash too.
/// @throws boost::system::system_error its text says what is wrong
[[nodiscard]] inline coqmp::endpoint address_of(std::string const& text)
{
    bool const path = text.find_first_of(":/") == std::string::npos;
    return path ? coqmp::endpoint::unix_socket(text) : coqmp::endpoint::parse(text);
}

}  // namespace qmp_shell

#endif
