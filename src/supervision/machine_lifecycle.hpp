// The rules of supervising one machine, without I/O: what its operator wishes, what becomes of its QEMU, and what to do next.
// Invariant: no QEMU is launched while another one of this machine may live; what the operator stopped is not started again.
//
// One machine_lifecycle stands for one machine, as long as its supervisor knows it. qmp-run has one of them, coqmpd one for each
// machine, and a start_queue and a shutdown_order beside them. The layer that does I/O calls a function for everything that happens,
// carries out the actions that the function returns, in their order, and calls tick() at next_time().
//
//   defined --start()--> starting --QEMU says so--> running <--> paused
//                            |                          |           |
//                            +-- stop, kill, restart, the policy ---+--> stopping --ended()--> stopped, or starting again
//                            |                          |           |
//                            +------------------ ended() -----------+--> stopped | failed | given up | starting (a reboot)
//                                                                        | backing off --tick()--> starting
//
// From `starting` until ended() a process may live, in the other states none. stop() leads from every state to `stopped` (or leaves
// it `defined`), start() from every state without a process to `starting`, and from `stopping` as soon as the process has ended.
//
// What the layer that does I/O must know:
//  - ended() is the word of the kernel (a pidfd), never a conclusion from a silence. After a `launch`, and after recall() of a living
//    process, exactly one ended() follows, also if the process was never started. It passes machine::end(), whose reason already
//    combines QEMU's events with its exit status (end_record).
//  - Events and answers may come in another order than QEMU sent them. But answers must come in their order, and so must events.
//  - client() is called for a `stop` before it is put on the session, after the `store` that this may ask for, and for its answer.
//    `human-monitor-command` with `stop` and `cont` counts, too. If clients have a monitor of their own, the supervisor cannot know.
//  - After a gap (connected() again, recall()) `query-block` is executed first, for is_out_of_space_listed.
//  - The times are those of the steady clock, which does not count the time during which the host sleeps, and never jumps. A tick may
//    come late.
//  - Of a machine that cannot be judged (an unreadable record, a process whose identity cannot be read), there is no recall() and no
//    start(): it stays `defined`, and its operator is told.
#ifndef COQMP_SRC_SUPERVISION_MACHINE_LIFECYCLE_HPP
#define COQMP_SRC_SUPERVISION_MACHINE_LIFECYCLE_HPP

#include <coqmp/lifecycle.hpp>
#include <coqmp/supervision_policy.hpp>
#include "supervision/boot_loop.hpp"
#include "supervision/live_machine.hpp"
#include "supervision/machine_action.hpp"
#include "supervision/machine_memory.hpp"
#include "supervision/restart_budget.hpp"
#include "supervision/restart_rules.hpp"

#include <coqmp/event.hpp>
#include <coqmp/reply.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace coqmp::detail {

/// What has become of a process that an earlier supervisor knew.
enum class found_process {
    alive,      ///< Its pid, start time and boot are those of the record.
    gone,       ///< It has ended on this boot of the host, while no supervisor watched.
    other_boot  ///< The host has booted since.
};

/// What a client does through us.
enum class client_step {
    stop_sent,       ///< Its `stop` is about to be put on the session.
    stop_done,       ///< Its `stop` has an answer, or will have none: then after disconnected().
    stop_withdrawn,  ///< Its `stop` was not put on the session after all.
    cont_done        ///< QEMU has executed its `cont`.
};

/// Actions that have an answer.
enum class finished_action {
    ask_out_of_band,  ///< QEMU has answered, be it with an error.
    continue_guest,   ///< The same.
    dump_guest        ///< The dump is complete, or has failed.
};

/// All functions ignore what cannot be, such as the end of a process that does not exist.
class machine_lifecycle
{
public:
    using clock = std::chrono::steady_clock;

    /// @param seed of the jitter in the pauses before restarts
    machine_lifecycle(supervision_policy policy, std::uint64_t seed);

    // ---- What the operator wants. Of an observed machine, and of one that was released, none of this is done -----------------

    /// It is to run. Forgets earlier failures. Does not continue a guest that is paused.
    [[nodiscard]] machine_actions start(clock::time_point now);
    /// It is to be down.
    /// @param budget nothing: that of the policy. Zero: no limit. Negative: SIGKILL at once
    [[nodiscard]] machine_actions stop(clock::time_point now, std::optional<std::chrono::nanoseconds> budget = std::nullopt);
    /// The host goes down: the machine is to end, and to run again when the host does.
    [[nodiscard]] machine_actions stop_with_host(std::chrono::nanoseconds budget, clock::time_point now);
    /// A new QEMU, with the present configuration.
    [[nodiscard]] machine_actions restart(clock::time_point now);
    /// It is to be down at once.
    [[nodiscard]] machine_actions kill(clock::time_point now);
    /// It is to live on without this supervisor. During a start or a stop, it is released when that is over.
    [[nodiscard]] machine_actions release(clock::time_point now);
    /// The same, but while it is being stopped or restarted for its operator, or stopped with the host, it is released at once: the
    /// next supervisor goes on with that.
    [[nodiscard]] machine_actions leave(clock::time_point now);
    /// Another policy applies from now on. Whether the machine is observed does not change.
    [[nodiscard]] machine_actions apply(supervision_policy policy, clock::time_point now);

    // ---- What becomes of the process ---------------------------------------------------------------------------------------

    /// Continues the supervision of an earlier supervisor, and what it left under way; before all else. Of an observed machine: it
    /// was found, again and again.
    [[nodiscard]] machine_actions recall(machine_memory const& memory, found_process found, clock::time_point now);
    /// The monitor is negotiated: after a launch, QEMU is ready.
    /// @param has_out_of_band whether QEMU has the capability `oob`
    /// @param is_out_of_space_listed whether `query-block` lists disks with the io-status `nospace`, and none with `failed`
    [[nodiscard]] machine_actions connected(bool has_out_of_band, bool is_out_of_space_listed, clock::time_point now);
    /// The connection has ended; whether the process has, too, is another question.
    [[nodiscard]] machine_actions disconnected(clock::time_point now);
    /// The process has ended.
    [[nodiscard]] machine_actions ended(process_end const& what, clock::time_point now);

    // ---- What QEMU and its clients say -------------------------------------------------------------------------------------

    /// An event; live_machine::filter() chooses them.
    [[nodiscard]] machine_actions take(event const& what, clock::time_point now);
    /// The answer to actions::ask_state.
    [[nodiscard]] machine_actions answered(reply const& status, clock::time_point now);
    [[nodiscard]] machine_actions finished(finished_action what, clock::time_point now);
    [[nodiscard]] machine_actions client(client_step what, clock::time_point now);

    [[nodiscard]] machine_actions tick(clock::time_point now);

    // ---- What is known -----------------------------------------------------------------------------------------------------

    [[nodiscard]] machine_status const& status() const noexcept { return status_; }
    [[nodiscard]] machine_memory const& memory() const noexcept { return memory_; }
    /// When to call tick() next; the end of time if never.
    [[nodiscard]] clock::time_point next_time() const noexcept;

private:
    /// Why it is being stopped, and so what comes after.
    enum class purpose { none, down, host, restart, boot_loop, panic, panic_loop, silence };

    void adopt(work_under_way left, clock::time_point now, machine_actions& out);
    void make_up_for_gap(work_under_way left, bool has_booted, clock::time_point now, machine_actions& out);
    void launch(lifecycle_reason reason, machine_actions& out);
    void end_process(purpose why, lifecycle_reason reason, std::optional<std::chrono::nanoseconds> budget, clock::time_point now,
                     machine_actions& out);
    void pursue(purpose why) noexcept;
    void allow_for_crash_dump(machine_actions& out);
    void go_on(aftermath next, lifecycle_reason reason, clock::time_point now, machine_actions& out);
    void meet_demand(clock::time_point now, machine_actions& out);
    void rest(lifecycle state, lifecycle_reason reason) noexcept;
    [[nodiscard]] machine_actions conclude(clock::time_point now, machine_actions out);

    std::shared_ptr<supervision_policy> policy_;
    restart_budget restarts_;
    boot_loop reboots_;

    machine_status status_;
    machine_status reported_;
    machine_memory memory_;
    machine_memory stored_;
    std::optional<live_machine> live_;  ///< A process that is ready, or was.
    bool has_process_ = false;          ///< Or may have one.
    purpose purpose_ = purpose::none;   ///< Other than none: stopping.
    clock::time_point force_at_ = clock::time_point::max();
    std::optional<std::chrono::nanoseconds> awaits_dump_;  ///< While stopping: it is shut down after its dump, with this budget.
    bool has_crash_time_ = false;  ///< While stopping: its end is put off because its guest writes a crash dump.
    bool wants_release_ = false;
    bool releases_stopping_ = false;
    bool is_released_ = false;
};

}  // namespace coqmp::detail

#endif
