// A QEMU process that lives, as its supervisor sees it, without I/O: its run state, its pauses, its panics, its silence.
// Invariant: it asks for nothing while QEMU is about to end, by itself or because it is being stopped. (QEMU 7.2 hangs for ever if
// it begins to execute a command just as its main loop ends.)
#ifndef COQMP_SRC_SUPERVISION_LIVE_MACHINE_HPP
#define COQMP_SRC_SUPERVISION_LIVE_MACHINE_HPP

#include <coqmp/lifecycle.hpp>
#include <coqmp/supervision_policy.hpp>
#include "supervision/backoff_plan.hpp"
#include "supervision/liveness_record.hpp"
#include "supervision/machine_action.hpp"
#include "supervision/machine_memory.hpp"
#include "supervision/pause_record.hpp"
#include "supervision/run_state_record.hpp"

#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/run_state.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace coqmp::detail {

/// From the moment at which QEMU is ready, or is found alive, to its end. Functions that may ask for something append it to `out`.
class live_machine
{
public:
    using clock = std::chrono::steady_clock;

    /// What it wants to be done with the whole process.
    enum class demand { none, reset_after_panic, end_after_panic, end_silence };

    /// QEMU may take so long to exit after it has announced that it will.
    static constexpr std::chrono::nanoseconds exit_time = std::chrono::seconds(30);

    /// The events that matter.
    [[nodiscard]] static event_filter filter();

    /// @param memory what an earlier supervisor of the same process knew; of a new process: nothing
    live_machine(std::shared_ptr<supervision_policy const> policy, machine_memory const& memory, clock::time_point now);

    // ---- What happens ------------------------------------------------------------------------------------------------------

    void connected(bool has_out_of_band, bool is_out_of_space_listed, clock::time_point now, machine_actions& out);
    void disconnected(clock::time_point now, machine_actions& out);
    void take(event const& what, clock::time_point now, machine_actions& out);
    void answered(reply const& status, clock::time_point now, machine_actions& out);
    void answered_out_of_band(clock::time_point now) noexcept;
    void stop_sent() noexcept { pause_.stop_sent(); }
    void stop_done(clock::time_point now, machine_actions& out);
    void stop_withdrawn(clock::time_point now, machine_actions& out);
    void cont_done(clock::time_point now, machine_actions& out);
    void continued(clock::time_point now, machine_actions& out);
    void dumped(clock::time_point now) noexcept;
    void tick(clock::time_point now, machine_actions& out);
    /// It is being stopped: from now on it only observes.
    void leave_alone() noexcept;
    /// The policy, which is shared, has changed.
    void policy_changed() noexcept { liveness_.set_times(policy_->probe_interval, policy_->probe_time); }

    // ---- What is known -----------------------------------------------------------------------------------------------------

    /// What it demands now; each demand is made once.
    [[nodiscard]] demand take_demand(clock::time_point now) noexcept;
    /// Writes state, reason and the other members that describe a live QEMU.
    void describe(machine_status& status) const noexcept;
    /// Writes what must survive.
    void describe(machine_memory& memory) const;
    /// When to call tick() next.
    [[nodiscard]] clock::time_point next_time() const noexcept;
    /// Whether we dump its memory.
    [[nodiscard]] bool is_being_dumped() const noexcept { return panic_ == panic_phase::dumping; }
    /// Until when a crash dump may take, its crash kernel's or ours. In the past: there is none.
    [[nodiscard]] clock::time_point dumps_until() const noexcept;

private:
    enum class panic_phase { none, dumping, demands, handled };

    void ask(clock::time_point now, machine_actions& out);
    void take_announcement(event const& what, clock::time_point now);
    void go_on(clock::time_point now) noexcept;
    void begin_dump(clock::time_point now, machine_actions& out);
    void forget_dump(clock::time_point now, panic_phase next) noexcept;
    void take_reset() noexcept;
    void take_migration(event const& what) noexcept;
    void settle(run_state state, clock::time_point now, machine_actions& out);
    void plan_continuation(clock::time_point now);
    void continue_if_due(clock::time_point now, machine_actions& out);
    /// When it has been silent for too long.
    [[nodiscard]] clock::time_point silence_limit() const noexcept;

    std::shared_ptr<supervision_policy const> policy_;
    liveness_record liveness_;
    run_state_record run_state_;
    pause_record pause_;
    backoff_plan continuation_;

    std::optional<run_state> guest_;  ///< Its state, as soon as that is known.
    std::string shutdown_cause_;
    bool is_migrated_ = false;  ///< Or may be.
    bool is_left_alone_ = false;
    bool is_continuing_ = false;  ///< Our `cont` has no answer yet.
    bool has_demanded_ = false;   ///< That QEMU be ended.
    bool is_ending_ = false;      ///< QEMU has announced its end, and has not gone on since.
    panic_phase panic_ = panic_phase::none;
    clock::time_point announced_until_ = clock::time_point::min();  ///< QEMU has announced its end.
    clock::time_point crash_until_ = clock::time_point::min();      ///< The guest's crash kernel writes a dump.
    clock::time_point continue_at_ = clock::time_point::max();
    clock::time_point dump_until_ = clock::time_point::max();
    bool is_dump_late_ = false;
};

}  // namespace coqmp::detail

#endif
