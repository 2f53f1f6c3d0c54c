#include "commands/job_wait.hpp"

#include "commands/wait_limit.hpp"
#include "language/members.hpp"
#include "language/read/wait_line.hpp"
#include "terminal/columns.hpp"

#include <coqmp/similar_names.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace json = boost::json;

namespace qmp_shell {

using coqmp::job_outcome;
using coqmp::job_state;
using namespace std::chrono_literals;

namespace {

/// How often QEMU is asked how far a job has come; its changes of state come by themselves.
constexpr auto interval = 250ms;

/// How long a QEMU may take to say it.
constexpr auto patience = 5s;

/// Asks QEMU for its jobs, and adds what it says to the history.
answer ask_for_jobs(monitor& monitor, std::chrono::nanoseconds time)
{
    answer result = monitor.inquire(monitor.jobs().ask_for_list(), time);
    if (!result.error)
        monitor.jobs().take_list(result.reply);
    return result;
}

/// One wait for one job.
class job_wait
{
public:
    /// @param wanted unknown: its end, or that it needs a command (ready, pending) that this session has not sent; the shell then
    /// says so
    job_wait(shell_context& context, std::string name, job_state wanted, wait_limit const& limit)
        : monitor_(context.monitor), screen_(context.screen), name_(std::move(name)), wanted_(wanted), limit_(limit)
    {}

    /// Ctrl-C ends the wait, not the job.
    /// @return refused if there is no such job, or it failed, was cancelled, is stopped by an error, ended without the state, or has
    /// not come there in time
    exit_code run()
    {
        bool stopped = false;
        interruption const on_interrupt(monitor_.loop(), [&stopped] { stopped = true; });
        look();
        if (!job_ && is_answered_)
            return complain("there is no job \"" + name_ + '"');
        while (!rests() && refusal_.empty() && !stopped && !monitor_.has_ended() && !limit_.reached()) {
            hint();
            if (is_stuck())
                break;
            if (job_)
                screen_.progress(progress_bar(harmless(name_), job_->progress, screen::width()));
            pause(stopped);
            if (!rests() && !stopped)
                look();
        }
        bool const given_up = stopped && !rests();
        exit_code const outcome = report();
        if (monitor_.has_ended())
            return exit_code::connection;
        return given_up ? exit_code::interrupted : outcome;
    }

private:
    /// Asks QEMU.
    void look()
    {
        // Zero would mean forever.
        auto const time_to_answer = std::max<std::chrono::nanoseconds>(limit_.left(patience), interval);
        answer const came = ask_for_jobs(monitor_, time_to_answer);
        is_answered_ = !came.error && came.reply.has_value();
        if (!came.error && came.reply.has_error())
            refusal_ = in_one_line(came.reply.error().description);
        job_ = monitor_.jobs().find(name_);
        if (is_answered_)
            is_halted_ = is(job_state::paused) && has_met_an_error(time_to_answer);
    }

    /// Waits for a change, but not for long.
    void pause(bool const& stopped)
    {
        std::size_t const before = monitor_.job_changes();
        monitor_.loop().run_until([&] { return monitor_.job_changes() != before || stopped || monitor_.has_ended(); },
                                  limit_.left(interval));
        job_ = monitor_.jobs().find(name_);
    }

    [[nodiscard]] bool is(job_state state) const { return job_ && job_->progress.state == state; }
    [[nodiscard]] bool is_over() const { return job_ && job_->end; }
    [[nodiscard]] bool waits_for_state() const { return wanted_ != job_state::unknown; }
    [[nodiscard]] wait_result progress() const { return job_ ? progress_towards(*job_, wanted_) : wait_result::wait; }
    /// Whether there is nothing to wait for any more.
    [[nodiscard]] bool rests() const { return progress() != wait_result::wait; }

    /// Whether the job cannot go on: an error has paused it, or it needs a command that only this user is known to send. A user
    /// who waits for a state expects that command from another client.
    [[nodiscard]] bool is_stuck() const { return is_halted_ || (!waits_for_state() && job_ && job_->needs_verb); }

    /// Whether an error of a disk has stopped it (`on-target-error=stop`), and not a command.
    [[nodiscard]] bool has_met_an_error(std::chrono::nanoseconds time)
    {
        auto const listed = monitor_.look_up("query-block-jobs", time);
        auto const* const jobs = listed ? listed->if_array() : nullptr;
        return jobs != nullptr && std::any_of(jobs->begin(), jobs->end(), [this](json::value const& each) {
                   return text_in(each, "device") == name_ && text_in(each, "io-status") != "ok";
               });
    }

    /// Some states are not left without a command.
    void hint()
    {
        if (!job_ || !job_->needs_verb || is(hinted_))
            return;
        hinted_ = job_->progress.state;
        screen_.note(name_ + " is " + state() + ": job-" + (hinted_ == job_state::ready ? "complete" : "finalize") +
                     " id=" + name_ + " ends it" + (waits_for_state() && screen_.interactive() ? " (Ctrl-C ends the wait)" : ""));
    }

    exit_code report()
    {
        screen_.progress({});
        std::string const failure = how_it_failed();
        if (!failure.empty())
            return complain(name_ + failure);
        if (screen_.interactive())
            screen_.note(name_ + ": " + (is_over() ? "done" : state()));
        return exit_code::success;
    }

    /// @return empty: it did not fail
    [[nodiscard]] std::string how_it_failed() const
    {
        if (is_over() && job_->end->outcome != job_outcome::completed)
            return how_it_ended();
        if (!refusal_.empty() && !is_over())
            return " cannot be waited for, because QEMU refuses query-jobs: " + refusal_;
        if (progress() == wait_result::reached)
            return {};
        if (progress() == wait_result::missed)
            return (is_over() ? " has ended and was never seen " : " is " + state() + " already and can no longer become ") +
                   std::string(to_string(wanted_));
        if (is_halted_)
            return " is paused because of an I/O error: block-job-resume device=" + name_ +
                   " goes on, block-job-cancel device=" + name_ + " force=on gives up";
        if (limit_.reached() && !is_stuck())
            return (job_ ? " is still " + state() + " after " : ": QEMU did not report its state within ") + limit_.describe();
        return {};
    }

    [[nodiscard]] std::string state() const { return std::string(to_string(job_ ? job_->progress.state : job_state::unknown)); }

    [[nodiscard]] std::string how_it_ended() const
    {
        if (job_->end->outcome == job_outcome::vanished)
            return " has ended, and its outcome is unknown";
        if (job_->end->outcome == job_outcome::cancelled)
            return " was cancelled";
        return job_->end->error.empty() ? " was cancelled or failed" : " failed: " + in_one_line(job_->end->error);
    }

    exit_code complain(std::string const& text)
    {
        screen_.complain(text);
        return exit_code::refused;
    }

    monitor& monitor_;
    screen& screen_;
    std::string const name_;
    job_state const wanted_;
    wait_limit const limit_;
    std::optional<coqmp::job_record> job_;
    job_state hinted_ = job_state::unknown;
    std::string refusal_;       ///< why QEMU does not list its jobs, so that asking again would not help
    bool is_answered_ = false;  ///< QEMU has listed its jobs, when it was asked last
    bool is_halted_ = false;    ///< paused because of an error, when QEMU was asked last
};

}  // namespace

wait_result progress_towards(coqmp::job_record const& job, job_state wanted)
{
    // A row for each state, in the order of job_state, and one for a job that has ended; a column for each wanted state.
    // '+': reached. '.': not yet. '?': reached if the job was seen in it; otherwise missed, because it cannot return to it.
    constexpr std::array<std::string_view, 12> table{
        // end, created, running, paused, ready, standby, waiting, pending, aborting, concluded, null
        ".+.........",   // unknown
        ".+.........",   // created
        ".++........",   // running
        ".+.+.......",   // paused
        ".++.+......",   // ready
        ".++..+.....",   // standby
        ".++???+....",   // waiting
        ".++???++...",   // pending
        ".+......+..",   // aborting
        ".+.......+.",   // concluded
        ".+........+",   // null
        "+++???++?++"};  // it has ended
    std::size_t const row = job.end ? table.size() - 1 : static_cast<std::size_t>(job.progress.state);
    char const entry = table.at(row).at(static_cast<std::size_t>(wanted));
    if (entry == '.')
        return wait_result::wait;
    return entry == '+' || job.has_been(wanted) ? wait_result::reached : wait_result::missed;
}

std::string progress_bar(std::string const& job, coqmp::job_progress const& come, std::size_t width)
{
    double const share = come.share();
    std::string percent = std::to_string(static_cast<int>(share * 100));
    percent.insert(0, 3 - std::min<std::size_t>(3, percent.size()), ' ');
    std::string const words = "] " + percent + " % " + std::string(to_string(come.state));
    std::size_t const room = width > job.size() + words.size() + 4 ? width - job.size() - words.size() - 4 : 0;
    std::size_t const size = std::min<std::size_t>(room, 40);
    auto const filled = static_cast<std::size_t>(share * static_cast<double>(size));
    return job + " [" + std::string(filled, '#') + std::string(size - filled, '.') + words;
}

void remember_job(monitor& monitor, coqmp::command const& sent)
{
    if (sent.name() != "job-dismiss" && sent.name() != "block-job-dismiss")
        return;
    auto const known = monitor.jobs().find(text_in(sent.arguments(), "id"));
    if (!known || !known->end)
        (void)ask_for_jobs(monitor, patience);
}

exit_code wait_for_job(shell_context& context, meta_command const& typed)
try {
    auto const [words, limit] = read_wait_line(typed.rest);
    if (words.empty() || words.size() > 2)
        return context.diagnostics.refuse(
            ":wait takes a job and, optionally, a state to wait for" +
            hint_at_limit(words.empty() ? std::string_view() : std::string_view(words.back().text)));
    std::string const state = words.size() == 2 ? words.back().text : std::string();
    job_state const wanted = coqmp::job_state_named(state);
    if (!state.empty() && wanted == job_state::unknown) {
        std::string const limit_meant = hint_at_limit(state);
        if (!limit_meant.empty())
            return context.diagnostics.refuse(abbreviated(harmless(state)) + " is not a state of a job" + limit_meant);
        std::vector<std::string> const states(job_states.begin(), job_states.end());
        return context.diagnostics.refuse(
            "there is no job state " + abbreviated(harmless(state)) +
            suggestion(coqmp::similar_names(state, states), ": the states are " + joined(states, ", ")));
    }
    return job_wait(context, words.front().text, wanted, wait_limit(limit)).run();
} catch (mistake const& wrong) {
    return context.diagnostics.point_at(wrong, typed.rest_column);
}

}  // namespace qmp_shell
