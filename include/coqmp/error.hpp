// The errors of the library.
// Invariant: every code of the library that ends an unanswered command says whether the command had been sent.
#ifndef COQMP_ERROR_HPP
#define COQMP_ERROR_HPP

#include <coqmp/detail/boost_version.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>

#include <type_traits>

namespace coqmp {

/// What the library reports. Compare an `error_code` with it: `if (error == coqmp::errc::timed_out)`.
///
/// These are error *conditions*: the same condition holds for a command that was sent and for one that was not,
/// and the last two tell these apart. A timed out command is `timed_out`, and it is either `not_sent` or `outcome_unknown`.
/// @see examples/reconnecting.cpp, examples/timeouts_and_cancellation.cpp
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
    arguments_not_json,       ///< An argument is a number that JSON cannot represent (inf, nan), or a text that is not UTF-8.
    out_of_band_unavailable,  ///< An out-of-band command on a session without the `oob` capability.
    too_many_descriptors,     ///< More descriptors on one command than a message on a socket can carry (253).
    closed_descriptor,        ///< A descriptor of the command is not open.
    already_started,          ///< A session connects once; a machine, a job and a migration start once.
    operation_in_progress,    ///< A stream can be awaited by one reader at a time.
    end_of_stream,            ///< The session has ended, or the stream was closed: no more events.
    invalid_endpoint,         ///< An address that cannot be understood, or a path that does not fit.
    address_in_use,           ///< Another program listens on this address, or a file that is not a socket has its name.
    launch_failed,            ///< The program could not be started at all.
    machine_exited,           ///< The machine ended before it was ready.
    not_running,              ///< There is no process: it was not started, or could not be.
    event_missing,            ///< The command of execute_until() succeeded, but its event did not come in time. Also `timed_out`.
    out_of_memory,  ///< There was not enough memory: for a command, for a start, or for a peer's message, which ends the session.
    agent_not_responding,  ///< The guest agent did not answer in time: the guest is off or still booting, or no agent runs in it.
    not_guest_agent,       ///< The peer does not know `guest-sync-delimited`: it is not a guest agent.
    malformed_answer,      ///< The guest agent's answer lacks a member, or has one that makes no sense.
    file_too_large,        ///< The file in the guest is over guest_agent_options::max_file_size.
    thawed_early,         ///< The guest was thawed before guest_freeze::thaw(): at the limit of the freeze, or by another client.
    job_failed,           ///< A job failed, or QEMU refused a command that it depended on: see the text of the job_failed.
    job_cancelled,        ///< A client, perhaps another one, cancelled the job.
    job_vanished,         ///< QEMU does not know the job (any longer), and its outcome is unknown.
    migration_failed,     ///< A migration failed: see the text of the migration_failed.
    migration_cancelled,  ///< A client, perhaps another one, cancelled the migration.
    cannot_release,  ///< The machine cannot be released or recorded in its current state: the text of the exception gives the reason.
    invalid_record,    ///< A text that is not a machine record.
    not_the_machine,   ///< The recorded process has ended. Its number may now belong to another process.
    unexpected_value,  ///< What QEMU sent does not fit the type that the program asked for: unexpected_value says where.
    no_such_machine,   ///< The supervisor has no machine with this name.
    invalid_name,  ///< Not a valid machine name: at most 64 letters, digits, `.`, `_` and `-`, beginning with a letter or a digit.
    name_in_use,   ///< The supervisor already has a machine with this name.
    /// Holds for a library error code if the command was never sent: it is safe to send it again. It does not hold for a
    /// cancelled command (`operation_aborted`): for that one reply::was_sent() says it.
    not_sent = 101,
    /// Holds for a library error code if the command was sent and never answered: it may or may not have been executed.
    outcome_unknown = 102
};

/// The category of `errc`.
/// @par Threads Safe from any thread.
[[nodiscard]] boost::system::error_category const& library_category() noexcept;

/// Lets `error == coqmp::errc::timed_out` compile.
[[nodiscard]] boost::system::error_condition make_error_condition(errc value) noexcept;

/// For programs that report the library's errors themselves: an error code that compares equal to `value`, and to neither
/// `not_sent` nor `outcome_unknown`.
[[nodiscard]] boost::system::error_code make_error_code(errc value) noexcept;

}  // namespace coqmp

template <>
struct boost::system::is_error_condition_enum<coqmp::errc> : std::true_type
{
};

#endif
