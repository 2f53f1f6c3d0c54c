// Why a machine did not get ready: what an error code cannot say.
#ifndef COQMP_START_DIAGNOSTICS_HPP
#define COQMP_START_DIAGNOSTICS_HPP

#include <coqmp/exit_status.hpp>

#include <optional>
#include <string>

namespace coqmp {

/// What is known of a machine that did not get ready. Empty after a start that succeeded.
/// @par Threads Distinct objects may be used from distinct threads.
/// @see examples/qmp-shell/qemu/wrapped_program.cpp
class start_diagnostics
{
public:
    start_diagnostics() = default;

    /// @param message may hold any bytes; it is escaped here
    start_diagnostics(std::string const& message, std::optional<exit_status> status, std::string standard_error);

    /// All that is known in one text, with the last lines of the program's standard error. It is safe for a terminal and for a
    /// log, whatever the program wrote: control characters (except line ends and tabs), characters that change the direction of
    /// writing, invisible characters, and bytes that are not UTF-8 are escaped, as in `\x1b`.
    [[nodiscard]] std::string const& message() const noexcept { return message_; }

    /// How the program ended, if it ended by itself.
    [[nodiscard]] std::optional<exit_status> const& status() const noexcept { return status_; }

    /// The end of the program's standard error (machine_spec::error_tail), byte for byte as the program wrote it: not safe for a
    /// terminal.
    [[nodiscard]] std::string const& standard_error() const noexcept { return standard_error_; }

private:
    std::string message_;
    std::optional<exit_status> status_;
    std::string standard_error_;
};

}  // namespace coqmp

#endif
