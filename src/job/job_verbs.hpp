// What is wanted of one job: which verb to send next, by which command, and what follows from QEMU's replies.
// Invariant: one verb is under way at a time, and only one that makes sense in the job's state. What QEMU has accepted is not sent
// again.
#ifndef COQMP_SRC_JOB_JOB_VERBS_HPP
#define COQMP_SRC_JOB_JOB_VERBS_HPP

#include "job/job_commands.hpp"
#include "job/job_facts.hpp"

#include <coqmp/command.hpp>
#include <coqmp/job_end.hpp>
#include <coqmp/job_verb.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/version.hpp>

#include <optional>
#include <string>

namespace coqmp::detail {

class job_verbs
{
public:
    /// @param dismisses whether to have QEMU forget the job when it has ended
    job_verbs(version peer, bool dismisses);

    // ---- What is wanted ----------------------------------------------------------------------------------------------------

    /// Complete the job when it is ready, finalize it when that is necessary, and dismiss it when it has ended.
    void drive() noexcept;
    void cancel() noexcept { is_cancelling_ = true; }
    /// Send again what got no reply.
    void retry() noexcept { is_on_hold_ = false; }
    [[nodiscard]] bool dismisses() const noexcept { return dismisses_; }
    [[nodiscard]] bool has_cancelled() const noexcept { return has_cancelled_; }
    /// Whether the job waits for `complete` or `finalize`.
    [[nodiscard]] bool is_needed_by(job_facts const& known) const noexcept;

    // ---- Commands ----------------------------------------------------------------------------------------------------------

    /// The command for the verb that is needed now, if there is one.
    [[nodiscard]] std::optional<command> next(job_facts const& known);
    [[nodiscard]] bool is_under_way() const noexcept { return sent_.has_value(); }
    [[nodiscard]] command to_send(job_verb verb, job_facts const& known) const;
    [[nodiscard]] command to_list() const;
    /// Whether a refused verb should be sent again, because this QEMU has another command for it.
    [[nodiscard]] bool knows_another(reply const& refusal) noexcept;
    /// Uses the commands of older QEMUs from now on. @return whether it did not before
    bool use_block_jobs() noexcept;
    [[nodiscard]] job_dialect dialect() const noexcept { return dialect_; }

    // ---- Replies -----------------------------------------------------------------------------------------------------------

    /// The verb that next() returned has its reply, or will get none. @return that verb, if there is one
    std::optional<job_verb> replied() noexcept;
    std::optional<job_verb> unanswered() noexcept;
    void accepted(job_verb verb) noexcept;
    /// Keeps the refusal for judge_rejection(), which needs to know the state of the job for certain.
    void rejected(job_verb verb, reply const& answer, job_facts const& known);
    [[nodiscard]] bool has_rejection() const noexcept { return rejection_.has_value(); }
    /// A refusal matters only if the job is still in a state in which the verb makes sense.
    void judge_rejection(job_facts const& known);
    /// QEMU has refused what drive() or cancel() wanted, and the job is as it was: that is no longer wanted.
    [[nodiscard]] std::optional<job_end> take_refusal() noexcept;

private:
    [[nodiscard]] std::optional<job_verb> needed(job_facts const& known) const noexcept;

    struct rejection
    {
        job_verb verb;
        std::string reason;
    };

    version const peer_;
    job_dialect dialect_ = job_dialect::jobs;
    bool dismisses_;
    bool is_driving_ = false;
    bool is_cancelling_ = false;
    bool has_cancelled_ = false;
    bool has_completed_ = false;
    bool has_finalized_ = false;
    bool is_on_hold_ = false;  // a verb got no reply: not before the next look
    std::optional<job_verb> sent_;
    std::optional<rejection> rejection_;
    std::optional<job_end> refusal_;
};

}  // namespace coqmp::detail

#endif
