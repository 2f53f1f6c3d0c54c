#include "job_progress.hpp"

#include "text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

namespace json = boost::json;

namespace qmp_shell {

using namespace std::chrono_literals;

namespace {

/// How often QEMU is asked how far a job has come; its changes of state come by themselves.
constexpr auto interval = 250ms;

std::string text_of(json::object const& object, std::string_view name)
{
    auto const* const found = object.if_contains(name);
    return found != nullptr && found->is_string() ? harmless(std::string_view(found->get_string())) : std::string();
}

std::uint64_t number_of(json::object const& object, std::string_view name)
{
    auto const* const found = object.if_contains(name);
    boost::system::error_code error;
    return found != nullptr && found->is_number() ? found->to_number<std::uint64_t>(error) : 0;
}

/// What is known of one job, from its events and from asking.
class watched_job : public std::enable_shared_from_this<watched_job>
{
public:
    watched_job(monitor& qemu, screen& shown_on, std::string name)
        : monitor_(qemu), screen_(shown_on), name_(std::move(name)), changes_(qemu.session().subscribe(job_events()))
    {}

    /// Reads events, from the beginning of this object on.
    void read()
    {
        changes_.async_next([weak = weak_from_this()](boost::system::error_code error, coqmp::event const& what) {
            auto const self = weak.lock();
            if (error || !self)
                return;
            self->take(what);
            self->read();
        });
    }

    /// Asks QEMU. @return whether there is such a job
    bool look()
    {
        auto const jobs = monitor_.look_up("query-jobs");
        if (!jobs || !jobs->is_array())
            return !jobs;  // it did not say
        for (json::value const& each : jobs->get_array()) {
            auto const* const job = each.if_object();
            if (job == nullptr || text_of(*job, "id") != name_)
                continue;
            enter(text_of(*job, "status"));
            if (job->contains("error"))
                failure_ = text_of(*job, "error");
            done_ = number_of(*job, "current-progress");
            total_ = number_of(*job, "total-progress");
            return true;
        }
        return false;
    }

    /// Until the job does not go on by itself, or is in that state.
    [[nodiscard]] bool rests(std::string const& wanted) const { return over_ || (!wanted.empty() && state_ == wanted); }
    [[nodiscard]] bool over() const noexcept { return over_; }
    void vanished() noexcept { over_ = true; }

    void draw() { screen_.progress(progress_bar(name_, state_, done_, total_, screen::width())); }

    /// Waits for a change, but not for long.
    void pause(bool const& stopped)
    {
        changed_ = false;
        monitor_.loop().run_until([&] { return changed_ || stopped || monitor_.has_ended(); }, interval);
    }

    exit_code tell()
    {
        screen_.progress({});
        if (over_ && (failure_ || aborted_)) {
            std::string const reason = failure_ && !failure_->empty() ? ": " + *failure_ : std::string();
            screen_.complain(name_ + (failure_ ? " failed" : " was cancelled or failed") + reason);
            return exit_code::refused;
        }
        if (screen_.interactive())
            screen_.note(name_ + (over_ ? ": done" : ": " + state_));
        return exit_code::success;
    }

private:
    static coqmp::event_filter job_events()
    {
        return coqmp::event_filter({"JOB_STATUS_CHANGE", "BLOCK_JOB_COMPLETED", "BLOCK_JOB_CANCELLED"});
    }

    void take(coqmp::event const& what)
    {
        bool const change = what.name == "JOB_STATUS_CHANGE";
        if (text_of(what.data, change ? "id" : "device") != name_)
            return;
        if (change)
            enter(text_of(what.data, "status"));
        else if (what.data.contains("error"))
            failure_ = text_of(what.data, "error");
        else
            aborted_ = aborted_ || what.name == "BLOCK_JOB_CANCELLED";
        changed_ = true;
    }

    void enter(std::string const& state)
    {
        if (state == state_)
            return;
        aborted_ = aborted_ || state == "aborting";
        over_ = over_ || state == "concluded" || state == "null";
        state_ = state;
        if (!screen_.interactive())
            return;
        if (state == "ready")
            screen_.note(name_ + " is ready: job-complete id=" + name_ + " ends it");
        if (state == "pending")
            screen_.note(name_ + " is pending: job-finalize id=" + name_ + " ends it");
    }

    monitor& monitor_;
    screen& screen_;
    std::string const name_;
    coqmp::event_stream changes_;
    std::string state_;
    std::optional<std::string> failure_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
    bool aborted_ = false;
    bool over_ = false;
    bool changed_ = false;
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
    auto const watched = std::make_shared<watched_job>(qemu, shown_on, job);
    watched->read();
    bool stopped = false;
    if (!watched->look()) {
        shown_on.complain("there is no job \"" + job + '"');
        return exit_code::refused;
    }
    interruption const on_interrupt(qemu.loop(), [&stopped] { stopped = true; });
    while (!watched->rests(state) && !stopped && !qemu.has_ended()) {
        watched->draw();
        watched->pause(stopped);
        if (!watched->rests(state) && !stopped && !watched->look())
            watched->vanished();
    }
    exit_code const told = watched->tell();
    if (qemu.has_ended())
        return exit_code::connection;
    return stopped && !watched->rests(state) ? exit_code::interrupted : told;
}

}  // namespace qmp_shell
