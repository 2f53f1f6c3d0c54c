// QEMU as the shell sees it: questions and answers, one after the other.
// Invariant: every question ends: answered, refused, cancelled by Ctrl-C, or with the connection.
#ifndef QMP_SHELL_QEMU_MONITOR_HPP
#define QMP_SHELL_QEMU_MONITOR_HPP

#include "commands/job_log.hpp"
#include "event_loop.hpp"
#include "language/schema.hpp"
#include "qemu/connection.hpp"
#include "qemu/event_watch.hpp"
#include "qemu/wire_log.hpp"
#include "terminal/screen.hpp"

#include <coqmp/command.hpp>
#include <coqmp/reply.hpp>

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
    /// How to report that the command was cancelled.
    [[nodiscard]] std::string cancellation() const;
    /// What is to be said of a command whose answer does not come any more. @return empty: nothing is left open
    [[nodiscard]] std::string left_open() const;
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
    [[nodiscard]] std::optional<boost::json::value> look_up(coqmp::command what);
    /// The same, with a limit of one's own.
    [[nodiscard]] std::optional<boost::json::value> look_up(coqmp::command what, std::chrono::nanoseconds patience);

    /// The same, with the outcome: for a caller that needs the reason for a missing value.
    [[nodiscard]] answer inquire(coqmp::command what, std::chrono::nanoseconds patience);

    /// What QEMU knows. It is asked once, when it is first needed; it is empty if QEMU does not answer.
    [[nodiscard]] schema const& known();
    /// Whether known() needs no question.
    [[nodiscard]] bool is_known() const noexcept { return !schema_.empty(); }

    [[nodiscard]] coqmp::session& session() noexcept { return connection_->session(); }
    [[nodiscard]] event_watch& events() noexcept { return events_; }
    [[nodiscard]] job_log& jobs() noexcept { return jobs_; }
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
    event_loop& loop_;
    screen& screen_;
    wire_log& log_;
    std::unique_ptr<connection> connection_;
    event_watch events_;
    job_log jobs_;
    schema schema_;
    std::optional<boost::system::error_code> ended_with_;
    inquiry* inquiry_ = nullptr;
    std::set<std::string> unknown_;  ///< commands that look_up() does not send again
    bool asked_to_quit_ = false;
    bool may_end_ = false;
};

}  // namespace qmp_shell

#endif
