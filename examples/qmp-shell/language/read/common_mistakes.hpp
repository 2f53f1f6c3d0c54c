// What other programs have taught people to write, and what is written here instead.
#ifndef QMP_SHELL_LANGUAGE_READ_COMMON_MISTAKES_HPP
#define QMP_SHELL_LANGUAGE_READ_COMMON_MISTAKES_HPP

#include "language/read/argument.hpp"
#include "language/read/lexer.hpp"
#include "language/schema.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace qmp_shell {

/// `key = value`, `key:value`, `-key value`, a parenthesis. @param words begin with the word in question, and are not empty
/// @param arguments of the command; null: unknown
/// @return nothing: it may be an argument
[[nodiscard]] std::optional<mistake> refuse_habit(std::span<word const> words, type const* arguments);

/// `device_add virtio-blk-pci,id=x`, as on QEMU's command line. @param first the word after the command's name
[[nodiscard]] std::optional<mistake> refuse_commas(std::string_view command, word const& first);

}  // namespace qmp_shell

#endif
