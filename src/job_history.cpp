#include <coqmp/job_history.hpp>

#include "detail/json_access.hpp"
#include "detail/rate_estimate.hpp"
#include "job/job_commands.hpp"
#include "job/job_events.hpp"
#include "job/job_tracker.hpp"

#include <algorithm>
#include <list>
#include <string>
#include <vector>

namespace coqmp {

namespace detail {

/// The jobs, oldest first, each with the rules for a single one.
class job_history_impl
{
public:
    struct followed_job
    {
        explicit followed_job(std::string_view id) : tracker(std::string(id), version(), false) {}

        void note_state()
        {
            job_state const now = tracker.known().state();
            if (now != job_state::unknown && std::find(seen_in.begin(), seen_in.end(), now) == seen_in.end())
                seen_in.push_back(now);
        }

        job_tracker tracker;
        std::vector<job_state> seen_in;
    };

    /// @return null: it is not known
    followed_job* find(std::string_view id)
    {
        auto const found =
            std::find_if(jobs.begin(), jobs.end(), [id](auto const& each) { return each.tracker.known().id() == id; });
        return found != jobs.end() ? &*found : nullptr;
    }

    /// A new job, in place of an earlier one with this id.
    followed_job& begin(std::string_view id)
    {
        constexpr std::size_t most_jobs = 256;
        jobs.remove_if([id](followed_job const& each) { return each.tracker.known().id() == id; });
        if (jobs.size() == most_jobs)
            jobs.pop_front();
        return jobs.emplace_back(id);
    }

    /// A job that may have been there for long, in place of an earlier one with this id.
    followed_job& attach(std::string_view id)
    {
        followed_job& result = begin(id);
        result.tracker.attached();
        return result;
    }

    followed_job& known(std::string_view id)
    {
        followed_job* const found = find(id);
        return found != nullptr ? *found : attach(id);
    }

    std::list<followed_job> jobs;
    bool is_overtaken = false;  ///< an event has come since the list was asked for
};

}  // namespace detail

job_history::job_history() : impl_(std::make_unique<detail::job_history_impl>()) {}
job_history::job_history(job_history&& other) noexcept = default;
job_history& job_history::operator=(job_history&& other) noexcept = default;
job_history::~job_history() = default;

event_filter job_history::events()
{
    return detail::events_of_all_jobs();
}

void job_history::take(event const& candidate)
{
    impl_->is_overtaken = true;
    if (candidate.lost_before > 0)
        for (auto& each : impl_->jobs)
            each.tracker.lost_events();
    std::string_view const id = detail::job_id_in(candidate);
    if (id.empty() || !events().accepts(candidate))
        return;
    bool const is_new = candidate.name == "JOB_STATUS_CHANGE" && detail::text_in(candidate.data, "status") == "created";
    auto& job = is_new ? impl_->begin(id) : impl_->known(id);
    job.tracker.take(candidate);
    if (is_new)
        job.tracker.started();
    job.note_state();
}

command job_history::ask_for_list()
{
    impl_->is_overtaken = false;
    for (auto& each : impl_->jobs) {
        each.tracker.unanswered();  // there may have been no reply to the last question
        each.tracker.look();
        (void)each.tracker.next();
    }
    return command("query-jobs");
}

void job_history::take_list(reply const& answer)
{
    if (answer.has_error())
        return;
    for (job_info const& listed : detail::jobs_in(answer.value())) {
        auto const* const job = impl_->find(listed.id);
        bool const is_over = listed.state == job_state::concluded || listed.state == job_state::null;
        bool const is_another = job != nullptr && job->tracker.end() && !is_over && !impl_->is_overtaken;
        if (job == nullptr || is_another)
            (void)impl_->attach(listed.id).tracker.next();
    }
    for (auto& each : impl_->jobs) {
        each.tracker.answer(answer);
        each.note_state();
    }
}

void job_history::accepted(command const& sent)
{
    auto const verb = detail::verb_named(sent.name());
    std::string_view const by_id = detail::text_in(sent.arguments(), "id");
    std::string_view const id = by_id.empty() ? detail::text_in(sent.arguments(), "device") : by_id;
    if (verb && !id.empty())
        impl_->known(id).tracker.accepted(*verb);
}

std::optional<job_record> job_history::find(std::string_view id) const
{
    auto const* const job = impl_->find(id);
    if (job == nullptr)
        return std::nullopt;
    job_record result;
    result.progress = job->tracker.known().progress(detail::rate_estimate());
    result.seen_in = job->seen_in;
    result.needs_verb = job->tracker.has_reached(detail::job_tracker::goal_type());
    result.end = job->tracker.end();
    return result;
}

}  // namespace coqmp
