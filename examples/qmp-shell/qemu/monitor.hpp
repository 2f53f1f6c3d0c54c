// QEMU as the shell sees it: questions and answers, one after the other.
// Invariant: every question ends: answered, refused, cancelled by Ctrl-C, or with the connection.
#ifndef QMP_SHELL_QEMU_MONITOR_HPP
#define QMP_SHELL_QEMU_MONITOR_HPP

#include "event_loop.hpp"
#include "exit_code.hpp"
#include "qemu/connection.hpp"
#include "qemu/event_watch.hpp"
#include "qemu/wire_log.hpp"
#include "terminal/screen.hpp"

#include <coqmp/command.hpp>
#include <coqmp/event_stream.hpp>
#include <coqmp/job_history.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/schema.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace qmp_shell {

/// What became of a command: the reply, unless there is an error.
struct answer
{
    boost::system::error_code error;
    coqmp::reply reply;

    [[nodiscard]] bool cancelled() const;
    /// Complains if there is no reply. @param subject the command
    /// @param ends_qemu the command ends QEMU, so a closed connection is not an error
    /// @return nothing: there is a reply
    [[nodiscard]] std::optional<exit_code> report_error(screen& screen, std::string const& subject, bool ends_qemu) const;
};

class monitor
{
public:
    monitor(event_loop& loop, screen& screen, wire_log& log, std::unique_ptr<connection> opened);

    /// Sends a command and waits for its answer, as long as it takes. Ctrl-C ends the wait, not the session. The shell says
    /// that it is waiting if the answer takes long.
    [[nodiscard]] answer ask(coqmp::command what);

    /// A command of the user comes next: the user may wait for an event from here on.
    void begin_command();

    /// For the shell's own queries: what the command returned, if it was quick. A command that QEMU does not know is not sent
    /// again until `qmp_capabilities` may have changed that.
    [[nodiscard]] std::optional<boost::json::value> look_up(coqmp::command what,
                                                            std::chrono::nanoseconds patience = std::chrono::seconds(5));

    /// The same, with the outcome: for a caller that needs the reason for a missing value.
    [[nodiscard]] answer inquire(coqmp::command what, std::chrono::nanoseconds patience);

    /// What QEMU knows. It is asked once, when it is first needed; it is empty if QEMU does not answer.
    [[nodiscard]] coqmp::schema const& known();
    /// Whether known() needs no question.
    [[nodiscard]] bool is_known() const noexcept { return !schema_.empty(); }

    [[nodiscard]] coqmp::session& session() noexcept { return connection_->session(); }
    [[nodiscard]] event_watch& events() noexcept { return events_; }

    /// What became of the jobs of this session.
    [[nodiscard]] coqmp::job_history& jobs() noexcept { return jobs_; }
    /// Grows with each event of a job.
    [[nodiscard]] std::size_t job_changes() const noexcept { return job_changes_; }
    /// The last job that has begun since begin_command(); empty: none.
    [[nodiscard]] std::string const& begun_job() const noexcept { return begun_job_; }

    [[nodiscard]] event_loop& loop() noexcept { return loop_; }

    /// Whether the session has ended, and all events it had have been seen.
    [[nodiscard]] bool has_ended() const noexcept { return ended_with_.has_value() && events_.ended(); }
    /// Waits until has_ended(): QEMU's last word was that it goes.
    void await_end();
    [[nodiscard]] std::string how_it_ended() { return connection_->how_it_ended(ended_with_.value()); }
    /// Whether leave() ends QEMU, as it is one that the shell has launched.
    [[nodiscard]] bool ends_with_the_shell() const noexcept { return connection_->ends_with_the_shell(); }
    [[nodiscard]] leave_result leave();

    /// Whether QEMU was asked to end.
    [[nodiscard]] bool asked_to_quit() const noexcept { return asked_to_quit_; }
    void ask_to_quit() noexcept { asked_to_quit_ = true; }

    /// Whether its end is expected: it was asked to end, or the user has waited for its SHUTDOWN.
    [[nodiscard]] bool may_end() const noexcept { return asked_to_quit_ || may_end_; }
    void expect_end() noexcept { may_end_ = true; }

    /// Several questions for one purpose: while it lives, look_up() asks no more once it had no answer or was given up.
    class inquiry
    {
    public:
        explicit inquiry(monitor& of) noexcept : of_(of) { of_.inquiry_ = this; }
        inquiry(inquiry const&) = delete;
        inquiry& operator=(inquiry const&) = delete;
        ~inquiry() { of_.inquiry_ = nullptr; }

        /// Whether it is over because QEMU did not answer in time.
        [[nodiscard]] bool met_silence() const noexcept { return silent_; }

    private:
        friend class monitor;
        monitor& of_;
        bool over_ = false;
        bool silent_ = false;
    };

private:
    void read_job_events();

    event_loop& loop_;
    screen& screen_;
    wire_log& log_;
    std::unique_ptr<connection> connection_;
    event_watch events_;
    coqmp::event_stream job_events_;
    coqmp::job_history jobs_;
    std::size_t job_changes_ = 0;
    std::string begun_job_;
    coqmp::schema schema_;
    std::optional<boost::system::error_code> ended_with_;
    inquiry* inquiry_ = nullptr;
    std::set<std::string> unknown_;  ///< commands that look_up() does not send again
    bool asked_to_quit_ = false;
    bool may_end_ = false;
};

}  // namespace qmp_shell

#endif
