#include "commands/job_progress.hpp"

#include "language/json_access.hpp"
#include "terminal/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace json = boost::json;

namespace qmp_shell {

using namespace std::chrono_literals;

namespace {

/// How often QEMU is asked how far a job has come; its changes of state come by themselves.
constexpr auto interval = 250ms;

/// How long a QEMU may take to say it.
constexpr auto patience = 5s;

/// QEMU's answer about a job.
struct job_report
{
    std::optional<json::object> job;  ///< nothing: QEMU did not answer; an empty object: it knows no such job
    std::string refusal;              ///< why QEMU will never answer
};

/// Asks QEMU, and adds the answer to the log.
job_report ask_for_job(monitor& monitor, std::string const& name, std::chrono::nanoseconds time)
{
    answer listed = monitor.inquire("query-jobs", time);
    if (listed.error)
        return {};
    if (listed.reply.has_error())
        return {std::nullopt, in_one_line(listed.reply.error().description)};
    json::value all = std::move(listed.reply).value();
    auto* const jobs = all.if_array();
    if (jobs == nullptr)
        return {std::nullopt, "its answer is not a list"};
    for (json::value& each : *jobs) {
        if (text_in(each, "id") != name)
            continue;
        monitor.jobs().note(name, each.get_object());
        return {std::move(each.get_object()), {}};
    }
    return {json::object(), {}};
}

/// One wait for one job.
class job_wait
{
public:
    /// @param wanted a state; empty: the end, or that the job needs a command
    job_wait(monitor& monitor, screen& screen, std::string name, std::string wanted, wait_limit const& limit)
        : monitor_(monitor), screen_(screen), name_(std::move(name)), wanted_(std::move(wanted)), limit_(limit)
    {}

    /// Asks QEMU. A job that it no longer knows has ended, or never existed.
    void look()
    {
        job_report const report = ask_for_job(monitor_, name_, time_to_answer());
        refusal_ = report.refusal;
        if (!report.job)
            return;  // QEMU did not answer
        gone_ = report.job->empty();
        state_ = text_in(*report.job, "status");
        stuck_ = state_ == "paused" && has_met_an_error();
    }

    [[nodiscard]] bool exists() const { return !gone_ || record() != nullptr; }
    [[nodiscard]] bool over() const { return gone_ || (record() != nullptr && record()->over()); }
    /// Whether there is nothing to wait for any more: the job has ended, or is in the state that is waited for.
    [[nodiscard]] bool rests() const { return over() || (!wanted_.empty() && record() != nullptr && (reached() || missed())); }

    /// Whether the job waits for a command that this session has not sent. Every job is pending for a moment; this one was when
    /// QEMU was asked.
    [[nodiscard]] bool needs_command() const
    {
        job_record const* const known = record();
        return (state_ == "ready" && (known == nullptr || !known->completing)) ||
               (state_ == "pending" && (known == nullptr || !known->finalizing));
    }

    /// Whether QEMU refuses to report on jobs, so that asking again would not help.
    [[nodiscard]] bool is_refused() const { return !refusal_.empty(); }

    /// Whether the job cannot go on: an error has paused it, or it needs a command that only this user is known to send. A user
    /// who waits for a state expects that command from another client.
    [[nodiscard]] bool is_stuck() const { return stuck_ || (wanted_.empty() && needs_command()); }

    /// Some states are not left without a command.
    void hint()
    {
        if (state_ == hinted_ || !needs_command())
            return;
        hinted_ = state_;
        screen_.note(name_ + " is " + state_ + ": job-" + (state_ == "ready" ? "complete" : "finalize") + " id=" + name_ +
                     " ends it" + (!wanted_.empty() && screen_.interactive() ? " (Ctrl-C ends the wait)" : ""));
    }

    void draw()
    {
        if (job_record const* const known = record()) {
            screen_.progress(progress_bar(harmless(name_), known->state, known->done, known->total, screen::width()));
        }
    }

    /// Waits for a change, but not for long.
    void pause(bool const& stopped)
    {
        std::size_t const before = monitor_.jobs().changes();
        monitor_.loop().run_until([&] { return monitor_.jobs().changes() != before || stopped || monitor_.has_ended(); },
                                  limit_.left(interval));
    }

    exit_code report()
    {
        screen_.progress({});
        job_record const* const known = record();
        if (is_refused() && !over())
            return refuse(" cannot be waited for, because QEMU refuses query-jobs: " + refusal_);
        if (over() && known != nullptr && (known->failure || known->aborted))
            return refuse(how_it_failed(*known));
        if (over() && known != nullptr && !known->is_outcome_known())
            return refuse(" has ended, and its outcome is unknown");
        if (over() && known != nullptr && !reached())
            return refuse(" has ended and was never seen " + wanted_);
        if (!over() && !wanted_.empty() && known != nullptr && missed())
            return refuse(" is " + known->state + " already and can no longer become " + wanted_);
        if (stuck_ && !rests())
            return refuse(" is paused because of an I/O error: block-job-resume device=" + name_ +
                          " goes on, block-job-cancel device=" + name_ + " force=on gives up");
        if (limit_.reached() && !rests() && !is_stuck())
            return refuse(known == nullptr ? ": QEMU did not report its state within " + limit_.describe()
                                           : " is still " + known->state + " after " + limit_.describe());
        if (screen_.interactive())
            screen_.note(name_ + (over() ? ": done" : ": " + (known != nullptr ? known->state : "unknown")));
        return exit_code::success;
    }

private:
    /// Zero would mean forever.
    [[nodiscard]] std::chrono::nanoseconds time_to_answer() const
    {
        return std::max<std::chrono::nanoseconds>(limit_.left(patience), interval);
    }

    [[nodiscard]] job_record const* record() const { return monitor_.jobs().find(name_); }

    /// Whether the job is where it is waited for, or was there and cannot return.
    [[nodiscard]] bool reached() const
    {
        job_record const& known = *record();
        if (over())
            return !is_optional_state() || known.has_been(wanted_);
        bool const late = in_final_phase(known);
        return known.state == wanted_ || wanted_ == "created" || (wanted_ == "waiting" && late) ||
               (wanted_ == "running" && (late || known.state == "ready" || known.state == "standby")) ||
               (late && is_optional_state() && known.has_been(wanted_));
    }

    /// Whether it goes on, and cannot come there any more.
    [[nodiscard]] bool missed() const
    {
        return in_final_phase(*record()) && !reached() && is_optional_state() && wanted_ != "aborting";
    }

    /// All that a job does is done then, but for the last word.
    [[nodiscard]] static bool in_final_phase(job_record const& known)
    {
        return known.state == "waiting" || known.state == "pending";
    }

    /// Only some states are left out by some jobs.
    [[nodiscard]] bool is_optional_state() const
    {
        return wanted_ == "ready" || wanted_ == "paused" || wanted_ == "standby" || wanted_ == "aborting";
    }

    /// Whether an error of a disk has stopped it (`on-target-error=stop`), and not a command.
    [[nodiscard]] bool has_met_an_error()
    {
        auto const listed = monitor_.look_up("query-block-jobs", time_to_answer());
        auto const* const jobs = listed ? listed->if_array() : nullptr;
        return jobs != nullptr && std::any_of(jobs->begin(), jobs->end(), [this](json::value const& each) {
                   return text_in(each, "device") == name_ && text_in(each, "io-status") != "ok";
               });
    }

    [[nodiscard]] static std::string how_it_failed(job_record const& known)
    {
        if (known.cancelled)
            return " was cancelled";
        if (!known.failure)
            return " was cancelled or failed";
        return " failed" + (known.failure->empty() ? "" : ": " + *known.failure);
    }

    exit_code refuse(std::string const& reason)
    {
        screen_.complain(name_ + reason);
        return exit_code::refused;
    }

    monitor& monitor_;
    screen& screen_;
    std::string const name_;
    std::string const wanted_;
    wait_limit const limit_;
    std::string state_;  ///< when QEMU was asked last
    std::string hinted_;
    std::string refusal_;  ///< of the query for the job
    bool gone_ = false;
    bool stuck_ = false;  ///< paused because of an error, when QEMU was asked last
};

}  // namespace

std::string progress_bar(std::string const& job, std::string const& state, std::uint64_t done, std::uint64_t total,
                         std::size_t width)
{
    double const share = total == 0 ? 0.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    std::string percent = std::to_string(static_cast<int>(share * 100));
    percent.insert(0, 3 - std::min<std::size_t>(3, percent.size()), ' ');
    std::string const words = "] " + percent + " % " + state;
    std::size_t const room = width > job.size() + words.size() + 4 ? width - job.size() - words.size() - 4 : 0;
    std::size_t const size = std::min<std::size_t>(room, 40);
    auto const filled = static_cast<std::size_t>(share * static_cast<double>(size));
    return job + " [" + std::string(filled, '#') + std::string(size - filled, '.') + words;
}

void remember_job(monitor& monitor, coqmp::command const& sent)
{
    std::string const job = monitor.jobs().to_ask_for_before(sent);
    if (!job.empty())
        (void)ask_for_job(monitor, job, patience);
}

exit_code wait_for_job(monitor& monitor, screen& screen, std::string const& job, std::string const& state,
                       wait_limit const& limit)
{
    bool stopped = false;
    interruption const on_interrupt(monitor.loop(), [&stopped] { stopped = true; });
    job_wait wait(monitor, screen, job, state, limit);
    wait.look();
    if (!wait.exists()) {
        screen.complain("there is no job \"" + job + '"');
        return exit_code::refused;
    }
    while (!wait.rests() && !wait.is_refused() && !stopped && !monitor.has_ended() && !limit.reached()) {
        wait.hint();
        if (wait.is_stuck())
            break;
        wait.draw();
        wait.pause(stopped);
        if (!wait.rests() && !stopped)
            wait.look();
    }
    bool const given_up = stopped && !wait.rests();
    exit_code const outcome = wait.report();
    if (monitor.has_ended())
        return exit_code::connection;
    return given_up ? exit_code::interrupted : outcome;
}

}  // namespace qmp_shell
