// What other programs have taught people to write, and what is written here instead.
#ifndef QMP_SHELL_LANGUAGE_READ_COMMON_MISTAKES_HPP
#define QMP_SHELL_LANGUAGE_READ_COMMON_MISTAKES_HPP

#include "language/read/argument.hpp"
#include "language/read/lexer.hpp"

#include <coqmp/schema.hpp>

#include <span>
#include <string_view>

namespace qmp_shell {

/// `key = value`, `key:value`, `-key value`, a parenthesis. @param words begin with the word in question, and are not empty
/// @param arguments of the command; null: unknown
/// @throws mistake
void check_argument(std::span<word const> words, coqmp::schema_type const& arguments);

/// `device_add virtio-blk-pci,id=x`, as on QEMU's command line. @param first the word after the command's name
/// @throws mistake
void check_commas(std::string_view command, word const& first);

}  // namespace qmp_shell

#endif
