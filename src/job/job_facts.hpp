// One job as far as QEMU has reported it: its state, its progress, and how it ended.
// Invariant: no outcome is invented: QEMU has reported it, or no event of the job's end is missing.
#ifndef COQMP_SRC_JOB_JOB_FACTS_HPP
#define COQMP_SRC_JOB_JOB_FACTS_HPP

#include "detail/rate_estimate.hpp"

#include <coqmp/event.hpp>
#include <coqmp/job_end.hpp>
#include <coqmp/job_info.hpp>
#include <coqmp/job_progress.hpp>
#include <coqmp/job_state.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace coqmp::detail {

/// Whether a job in this state has ended.
[[nodiscard]] bool is_over(job_state what) noexcept;

class job_facts
{
public:
    explicit job_facts(std::string id);

    // ---- What QEMU has reported --------------------------------------------------------------------------------------------

    /// A job with this id was created.
    void begin();
    /// Its state, by an event.
    void take_state(job_state next);
    /// An event other than JOB_STATUS_CHANGE.
    /// @return the state that it implies; nothing if QEMU reports states by an event of their own
    [[nodiscard]] std::optional<job_state> take_block_event(event const& what);
    /// Its progress in QEMU's list, which may be older than the last event.
    void take_progress(job_info const& listed);
    /// The rest of what the list says, if no event is newer.
    void take_listed(job_info const& listed);
    /// QEMU no longer lists it.
    void take_absence();
    /// The state that follows from something else than an event of its own.
    void enter(job_state next);
    /// Some events were lost.
    void lost_events() noexcept { is_record_complete_ = false; }
    /// QEMU has an event for each state.
    void expect_state_events() noexcept { reports_states_ = true; }
    void resumed() noexcept { is_paused_by_error_ = false; }
    /// The job is gone: finds out how it ended, if QEMU has not said that.
    void infer_outcome(bool is_cancelled_by_us);

    // ---- What is known -----------------------------------------------------------------------------------------------------

    [[nodiscard]] std::string const& id() const noexcept { return id_; }
    [[nodiscard]] job_state state() const noexcept { return state_; }
    [[nodiscard]] job_progress progress(rate_estimate const& rate) const;
    /// Whether its progress says something about its speed.
    [[nodiscard]] bool is_at_work() const noexcept { return state_ == job_state::running || state_ == job_state::ready; }
    /// Whether to report the change to the user.
    [[nodiscard]] static bool is_news(job_progress const& before, job_progress const& now) noexcept { return before != now; }
    [[nodiscard]] std::uint64_t measured() const noexcept { return current_; }
    /// How many answers of QEMU have reported on the job.
    [[nodiscard]] std::uint64_t reports() const noexcept { return reports_; }
    /// Whether a `created` event or a list has shown it.
    [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }
    /// Whether anything is known of it.
    [[nodiscard]] bool is_known() const noexcept { return has_begun_ || reports_states_ || outcome_; }
    [[nodiscard]] bool is_block_job() const noexcept { return is_block_job_; }
    /// Whether a pending job stays so until it is finalized.
    [[nodiscard]] bool waits_for_finalize() const noexcept { return waits_for_finalize_; }
    [[nodiscard]] std::optional<job_end> const& outcome() const noexcept { return outcome_; }

private:
    std::string const id_;
    job_state state_ = job_state::unknown;
    std::uint64_t current_ = 0;
    std::uint64_t total_ = 0;
    bool has_begun_ = false;
    bool reports_states_ = false;      // QEMU sends JOB_STATUS_CHANGE
    bool is_record_complete_ = false;  // no event is missing since it was reported alive: by `created`, another state, or a list
    bool was_aborting_ = false;
    bool is_paused_by_error_ = false;
    bool is_block_job_ = false;
    bool waits_for_finalize_ = false;
    std::optional<job_end> outcome_;
    std::uint64_t reports_ = 0;
};

}  // namespace coqmp::detail

#endif
