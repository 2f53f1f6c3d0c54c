// Finds out a program's QEMU version before it is launched.
#ifndef COQMP_SRC_PROCESS_PROGRAM_VERSION_HPP
#define COQMP_SRC_PROCESS_PROGRAM_VERSION_HPP

#include "process/process_options.hpp"

#include <coqmp/version.hpp>

#include <optional>
#include <string_view>

namespace coqmp::detail {

/// Reads what `--version` prints: `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)`. @return none: it is something
/// else
[[nodiscard]] std::optional<version> parse_program_version(std::string_view output);

/// Runs the program with `--version`, and remembers the answer as long as its file is the same. A program that does not answer
/// within five seconds is killed. Blocks: for a helper thread. Safe from any thread.
[[nodiscard]] std::optional<version> version_of_program(process_options const& how);

}  // namespace coqmp::detail

#endif
