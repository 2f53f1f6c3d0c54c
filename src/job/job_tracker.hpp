// The rules of following one job: what QEMU's events and answers mean, and what to ask of QEMU next.
// Invariant: no I/O and no clock here. Whatever comes, in whatever order, ends: either end() has a value, or QEMU lists the job.
#ifndef COQMP_SRC_JOB_JOB_TRACKER_HPP
#define COQMP_SRC_JOB_JOB_TRACKER_HPP

#include "following/state_query.hpp"
#include "job/job_facts.hpp"
#include "job/job_verbs.hpp"

#include <coqmp/command.hpp>
#include <coqmp/event.hpp>
#include <coqmp/job_end.hpp>
#include <coqmp/job_progress.hpp>
#include <coqmp/job_state.hpp>
#include <coqmp/job_verb.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/version.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace coqmp::detail {

/// One job, from the command that starts it, or from the moment at which it is found, to its end.
class job_tracker
{
public:
    // What a follower asks of its rules.
    using end_type = job_end;
    using progress_type = job_progress;
    using verb_type = job_verb;
    /// The only goal: that the job needs a verb.
    struct goal_type
    {
    };

    /// @param dismisses whether to have QEMU forget the job when it has ended
    job_tracker(std::string id, version peer, bool dismisses);

    // ---- What has happened -------------------------------------------------------------------------------------------------

    /// The job may have been there for long.
    void attached();
    /// The command that starts the job has succeeded, or may have.
    void started(bool is_certain = true);
    /// It has not, and never will.
    void not_started(std::string const& reason);
    void take(event const& what);
    /// Some events were lost, and some of them may have been about this job.
    void lost_events();
    /// QEMU's reply to the command that next() returned.
    void answer(reply const& what);
    /// There will be no reply to that command.
    void unanswered();
    /// QEMU has accepted a verb that next() did not return.
    void accepted(job_verb verb);
    /// No more events or answers will come.
    void disconnected();

    // ---- What is wanted ----------------------------------------------------------------------------------------------------

    /// Have a look at QEMU's list of jobs.
    void look();
    /// Complete the job when it is ready, finalize it when that is necessary, and dismiss it when it has ended.
    void drive();
    void cancel() { verbs_.cancel(); }

    // ---- What to do --------------------------------------------------------------------------------------------------------

    /// The next command to send; nothing while there is nothing to do, or while the reply to the last one is missing.
    [[nodiscard]] std::optional<command> next();
    /// The command for a verb.
    [[nodiscard]] command to_send(job_verb verb) const { return verbs_.to_send(verb, known_); }
    /// Whether a refused verb should be sent again, because this QEMU has another command for it.
    [[nodiscard]] bool knows_another(reply const& refusal) { return verbs_.knows_another(refusal); }

    // ---- What is known -----------------------------------------------------------------------------------------------------

    [[nodiscard]] job_facts const& known() const noexcept { return known_; }
    /// Whether the job waits for complete() or finalize().
    [[nodiscard]] bool has_reached(goal_type) const noexcept { return verbs_.is_needed_by(known_); }
    /// While an operation waits, QEMU is asked at least that often: an event may not have come, because a proxy filters events,
    /// for example.
    [[nodiscard]] std::chrono::nanoseconds longest_silence() const noexcept { return std::chrono::seconds(10); }
    /// How it ended, once that is known and QEMU has forgotten the job or is to keep it.
    [[nodiscard]] std::optional<job_end> const& end() const noexcept { return end_; }
    /// What a run of the job reports at its end; nothing before the end.
    [[nodiscard]] static std::optional<job_progress> last_report(job_progress const& newest);
    /// QEMU has refused what drive() or cancel() wanted, and the job is as it was: that is no longer wanted.
    [[nodiscard]] std::optional<job_end> take_refusal() { return verbs_.take_refusal(); }

private:
    void conclude();
    void take_list(reply const& answer);
    void take_refused_list(reply const& answer);

    enum class phase { starting, following };

    phase phase_ = phase::starting;
    job_facts known_;
    job_verbs verbs_;
    state_query list_;
    bool is_unsure_ = false;  // an event may be missing
    std::optional<job_end> end_;
};

}  // namespace coqmp::detail

#endif
