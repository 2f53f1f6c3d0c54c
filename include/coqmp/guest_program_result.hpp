// How a program in a guest ended.
#ifndef COQMP_GUEST_PROGRAM_RESULT_HPP
#define COQMP_GUEST_PROGRAM_RESULT_HPP

#include <cstdint>
#include <optional>
#include <string>

namespace coqmp {

/// How a program that guest_agent::exec() started has ended, and what it wrote. Exactly one of exit_code and signal has a value.
/// @see examples/guest_agent.cpp
struct guest_program_result
{
    guest_program_result() = default;  // not an aggregate, as session_options

    std::optional<std::int64_t> exit_code;  ///< Its exit code, if it exited.
    std::optional<std::int64_t> signal;     ///< The signal that ended it, if one did; on Windows, the code of an exception.
    std::string output;                     ///< What it wrote to its standard output, byte for byte.
    std::string error;                      ///< What it wrote to its standard error, byte for byte.
    bool output_truncated = false;          ///< It wrote more output than the agent keeps (16 MiB).
    bool error_truncated = false;           ///< It wrote more to its standard error than the agent keeps (16 MiB).

    /// Whether it exited with code 0.
    [[nodiscard]] bool succeeded() const noexcept { return exit_code == 0; }
};

}  // namespace coqmp

#endif
