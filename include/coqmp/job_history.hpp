// What became of the jobs of a QEMU, including those that other clients started.
// Invariant: no outcome is invented: where the events of a job's end were lost, it has vanished.
#ifndef COQMP_JOB_HISTORY_HPP
#define COQMP_JOB_HISTORY_HPP

#include <coqmp/command.hpp>
#include <coqmp/detail/boost_version.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/job_record.hpp>
#include <coqmp/reply.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace coqmp {

namespace detail {
class job_history_impl;
}  // namespace detail

/// Remembers the jobs of a QEMU beyond their end. QEMU itself forgets a job as soon as it ends, and often the reason why it
/// failed. For a program that shows jobs which it did not start; a `job` follows a single one.
///
/// It sends and receives nothing: the program gives it the events of a stream, and QEMU's lists of jobs.
/// @code
/// coqmp::job_history jobs;
/// coqmp::event_stream events = vm.subscribe(coqmp::job_history::events());
/// jobs.take_list(co_await vm.async_execute(jobs.ask_for_list()));  // those that were there before
/// while (auto event = co_await events.next())
///     jobs.take(*event);
/// @endcode
/// @see examples/qmp-shell/commands/job_wait.cpp
/// @par Threads Distinct objects may be used from distinct threads.
/// @par Moved from A moved-from history may only be destroyed or assigned to.
class job_history
{
public:
    job_history();
    job_history(job_history&& other) noexcept;
    job_history& operator=(job_history&& other) noexcept;
    ~job_history();

    /// The events to subscribe to.
    /// @see examples/qmp-shell/qemu/monitor.cpp
    [[nodiscard]] static event_filter events();

    /// Adds an event. Events that are not about a job change nothing.
    /// @throws std::bad_alloc
    /// @see examples/qmp-shell/qemu/monitor.cpp
    void take(event const& candidate);

    /// The command that has QEMU list its jobs. Ask after an event was lost, and where a job_record::end is missing although the
    /// state is job_state::concluded: only the list says why a job failed that is not a block job.
    /// @see examples/qmp-shell/commands/job_wait.cpp
    [[nodiscard]] command ask_for_list();

    /// Adds QEMU's reply to that command; an error changes nothing. Take the events that came before the reply first: what they
    /// have overtaken since the command was sent does not count.
    /// @throws std::bad_alloc
    /// @see examples/qmp-shell/commands/job_wait.cpp
    void take_list(reply const& answer);

    /// Adds a command that this client has sent, if QEMU has executed it, or may have: it may be what ends a job that is ready or
    /// pending, or cancel one. Other commands change nothing.
    /// @throws std::bad_alloc
    /// @see examples/qmp-shell/commands/interpreter.cpp
    void accepted(command const& sent);

    /// @param id the job's id
    /// @return nothing: it was never heard of, or 256 jobs have come after it. If an id is used again, the newest job counts.
    /// @see examples/qmp-shell/commands/job_wait.cpp
    [[nodiscard]] std::optional<job_record> find(std::string_view id) const;

private:
    std::unique_ptr<detail::job_history_impl> impl_;
};

}  // namespace coqmp

#endif
