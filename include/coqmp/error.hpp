// The errors of the library, and the failure that QEMU itself reports.
// Invariant: every code of the library says whether the command it ended had been sent.
#ifndef COQMP_ERROR_HPP
#define COQMP_ERROR_HPP

#include <coqmp/detail/boost_version.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_condition.hpp>
#include <boost/system/system_error.hpp>

#include <iosfwd>
#include <string>

namespace coqmp {

/// What the library reports. Compare an `error_code` with it: `if (error == coqmp::errc::timed_out)`.
///
/// These are error *conditions*: the same condition holds for a command that was sent and for one that was not,
/// and the last two tell these apart. A timed out command is `timed_out`, and it is either `not_sent` or `outcome_unknown`.
enum class errc {
    disconnected = 1,         ///< The connection ended (or was never there): end of file, reset, a message cut in half, closed.
    timed_out,                ///< A deadline passed.
    monitor_busy,             ///< The monitor accepted the connection but stayed silent: it serves another client.
    not_json,                 ///< The peer sent text that is not JSON. The session has ended.
    message_too_large,        ///< The peer's message is over session_options::max_message_size. The session has ended.
    nested_too_deep,          ///< The peer's message is over session_options::max_nesting. The session has ended.
    not_qmp,                  ///< The peer does not talk QMP: its greeting makes no sense.
    negotiation_refused,      ///< QEMU refused `qmp_capabilities`.
    arguments_too_deep,       ///< The command is nested deeper than the 1,024 levels that QEMU takes.
    arguments_too_large,      ///< The command is larger than the 64 MiB or the 2 Mi tokens that QEMU takes.
    arguments_not_json,       ///< An argument is a number that JSON cannot say (inf, nan), or a text that is not UTF-8.
    out_of_band_unavailable,  ///< An out-of-band command on a session without the `oob` capability.
    too_many_descriptors,     ///< More descriptors on one command than a message on a socket can carry (253).
    closed_descriptor,        ///< A descriptor of the command is not open.
    already_started,          ///< A session connects once, a machine starts once: make a new one.
    operation_in_progress,    ///< A stream can be awaited by one reader at a time.
    end_of_stream,            ///< The session has ended, or the stream was closed: no more events.
    invalid_endpoint,         ///< An address that cannot be understood, or a path that does not fit.
    address_in_use,           ///< Another program listens on this address, or a file that is not a socket has its name.
    launch_failed,            ///< The program could not be started at all.
    machine_exited,           ///< The machine ended before it was ready.
    not_running,              ///< There is no process: it was not started, or it is gone.
    event_missing,            ///< The command of execute_until() succeeded, but its event did not come in time. Also `timed_out`.
    out_of_memory,  ///< There was not enough memory: for a command, or for a message of the peer, which ends the session.
    /// Holds for a code of the library's if the command was never sent: it is safe to send it again. It does not hold for a
    /// cancelled command (`operation_aborted`): for that one reply::was_sent() says it.
    not_sent = 101,
    /// Holds for a code of the library's if the command was sent and never answered: it may or may not have been executed.
    outcome_unknown = 102
};

/// The category of `errc`.
/// @par Threads Safe from any thread.
[[nodiscard]] boost::system::error_category const& library_category() noexcept;

/// Lets `error == coqmp::errc::timed_out` compile.
[[nodiscard]] boost::system::error_condition make_error_condition(errc value) noexcept;

/// An error code that is `value`, and neither `not_sent` nor `outcome_unknown`.
[[nodiscard]] boost::system::error_code make_error_code(errc value) noexcept;

/// The class of an error that QEMU answered, as an error code. The set is open: what is not known here is `other`,
/// and command_error::class_name has the name.
enum class error_class { generic_error = 1, command_not_found, device_not_active, device_not_found, kvm_missing_cap, other };

/// The category of `error_class`.
[[nodiscard]] boost::system::error_category const& error_class_category() noexcept;

/// Lets `failure.code() == coqmp::error_class::device_not_found` compile.
[[nodiscard]] boost::system::error_code make_error_code(error_class value) noexcept;

/// What QEMU answers to a command that it did not execute.
struct command_error
{
    std::string class_name;   ///< `GenericError`, `CommandNotFound`, ...
    std::string description;  ///< For people; not to be parsed.

    /// The class as a code; error_class::other for a class not known to this library.
    [[nodiscard]] boost::system::error_code code() const noexcept;

    friend bool operator==(command_error const&, command_error const&) = default;
};

/// Prints `GenericError: the description`.
std::ostream& operator<<(std::ostream& out, command_error const& error);

/// Thrown by session::execute() when QEMU answers a command with an error.
class command_failed : public boost::system::system_error
{
public:
    /// @param command the name of the command that failed
    /// @param error what QEMU answered
    command_failed(std::string command, command_error error);

    /// The name of the command that failed.
    [[nodiscard]] std::string const& command() const noexcept { return command_; }

    /// What QEMU answered.
    [[nodiscard]] command_error const& error() const noexcept { return error_; }

    /// `command: class: description`, safe for a terminal and for a log: what QEMU wrote is escaped where a terminal would obey
    /// it. error() has it byte for byte.
    [[nodiscard]] char const* what() const noexcept override { return what_.c_str(); }

private:
    std::string command_;
    command_error error_;
    std::string what_;
};

}  // namespace coqmp

template <>
struct boost::system::is_error_condition_enum<coqmp::errc> : std::true_type
{
};

template <>
struct boost::system::is_error_code_enum<coqmp::error_class> : std::true_type
{
};

#endif
