#include "job_progress.hpp"

#include "json_access.hpp"
#include "text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>

namespace json = boost::json;

namespace qmp_shell {

using namespace std::chrono_literals;

namespace {

/// How often QEMU is asked how far a job has come; its changes of state come by themselves.
constexpr auto interval = 250ms;

/// One wait for one job.
class job_wait
{
public:
    job_wait(monitor& qemu, screen& shown_on, std::string name) : monitor_(qemu), screen_(shown_on), name_(std::move(name)) {}

    /// Asks QEMU. A job that it does not know any more has ended, or there never was one.
    void look()
    {
        auto const listed = monitor_.look_up("query-jobs");
        auto const* const jobs = listed ? listed->if_array() : nullptr;
        if (jobs == nullptr)
            return;  // it did not say
        gone_ = true;
        state_.clear();
        for (json::value const& each : *jobs) {
            if (text_in(each, "id") != name_)
                continue;
            gone_ = false;
            state_ = text_in(each, "status");
            monitor_.jobs().note(name_, each.get_object());
        }
    }

    [[nodiscard]] bool exists() const { return !gone_ || record() != nullptr; }
    [[nodiscard]] bool over() const { return gone_ || (record() != nullptr && record()->over()); }
    /// Until the job has ended, or is in that state.
    [[nodiscard]] bool rests(std::string const& wanted) const
    {
        return over() || (!wanted.empty() && record() != nullptr && record()->state == wanted);
    }

    /// Whether the job waits for a command. Every job is pending for a moment; this one was when QEMU was asked.
    [[nodiscard]] bool needs_command() const { return state_ == "ready" || state_ == "pending"; }

    /// Some states are not left without a command. @param waits whether the wait goes on all the same
    void hint(bool waits)
    {
        if (state_ == hinted_ || !needs_command())
            return;
        hinted_ = state_;
        screen_.note(name_ + " is " + state_ + ": job-" + (state_ == "ready" ? "complete" : "finalize") + " id=" + name_ +
                     " ends it" + (waits && screen_.interactive() ? " (Ctrl-C ends the wait)" : ""));
    }

    void draw()
    {
        if (job_record const* const known = record()) {
            screen_.progress(progress_bar(name_, known->state, known->done, known->total, screen::width()));
        }
    }

    /// Waits for a change, but not for long.
    void pause(bool const& stopped)
    {
        std::size_t const before = monitor_.jobs().changes();
        monitor_.loop().run_until([&] { return monitor_.jobs().changes() != before || stopped || monitor_.has_ended(); },
                                  interval);
    }

    exit_code tell()
    {
        screen_.progress({});
        job_record const* const known = record();
        if (over() && known != nullptr && (known->failure || known->aborted)) {
            std::string const reason = known->failure && !known->failure->empty() ? ": " + *known->failure : std::string();
            screen_.complain(name_ + (known->failure ? " failed" : " was cancelled or failed") + reason);
            return exit_code::refused;
        }
        if (screen_.interactive())
            screen_.note(name_ + (over() ? ": done" : ": " + (known != nullptr ? known->state : "unknown")));
        return exit_code::success;
    }

private:
    [[nodiscard]] job_record const* record() const { return monitor_.jobs().find(name_); }

    monitor& monitor_;
    screen& screen_;
    std::string const name_;
    std::string state_;  ///< when QEMU was asked last
    std::string hinted_;
    bool gone_ = false;
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

exit_code wait_for_job(monitor& qemu, screen& shown_on, std::string const& job, std::string const& state)
{
    bool stopped = false;
    interruption const on_interrupt(qemu.loop(), [&stopped] { stopped = true; });
    job_wait wait(qemu, shown_on, job);
    wait.look();
    if (!wait.exists()) {
        shown_on.complain("there is no job \"" + job + '"');
        return exit_code::refused;
    }
    // Who waits for a job that needs a command already waits for its end; who is surprised by that shall be able to give it.
    bool const waits_on = wait.needs_command() || !state.empty();
    while (!wait.rests(state) && !stopped && !qemu.has_ended()) {
        wait.hint(waits_on);
        if (!waits_on && wait.needs_command())
            break;
        wait.draw();
        wait.pause(stopped);
        if (!wait.rests(state) && !stopped)
            wait.look();
    }
    exit_code const told = wait.tell();
    if (qemu.has_ended())
        return exit_code::connection;
    return stopped && !wait.rests(state) ? exit_code::interrupted : told;
}

}  // namespace qmp_shell
