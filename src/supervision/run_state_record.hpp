// What is known of a machine's run state, without I/O: QEMU's events say when to ask, and its answers what the state is.
// Invariant: an event that comes while an answer is on its way is followed by another question.
#ifndef COQMP_SRC_SUPERVISION_RUN_STATE_RECORD_HPP
#define COQMP_SRC_SUPERVISION_RUN_STATE_RECORD_HPP

#include <coqmp/event_filter.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/run_state.hpp>

namespace coqmp::detail {

/// The events do not name the state: STOP comes with six of them, and a RESET takes a panicked guest to `prelaunch` without any
/// further word. So QEMU is asked after each event that may mean a change.
class run_state_record
{
public:
    /// The events that may mean a change.
    [[nodiscard]] static event_filter filter();

    /// The state may have changed.
    void changed() noexcept { is_stale_ = true; }

    /// Whether to ask now (`query-status`). If so, take() or no_answer() must follow.
    [[nodiscard]] bool ask() noexcept;
    void take(reply const& answer) noexcept;
    void no_answer() noexcept;

    [[nodiscard]] run_state state() const noexcept { return state_; }

    [[nodiscard]] bool is_asking() const noexcept { return is_asking_; }

    /// Whether an answer has come to a question that was asked after the last change.
    [[nodiscard]] bool is_current() const noexcept { return !is_stale_ && !is_asking_; }

    /// Whether QEMU may leave the state without an event: the end of a migration or a snapshot takes a moment, and is only
    /// reported by the state.
    [[nodiscard]] bool is_passing() const noexcept;

private:
    run_state state_ = run_state::unknown;
    bool is_stale_ = true;
    bool is_asking_ = false;
};

}  // namespace coqmp::detail

#endif
