// What the rules of supervision ask of the layer that does I/O.
#ifndef COQMP_SRC_SUPERVISION_MACHINE_ACTION_HPP
#define COQMP_SRC_SUPERVISION_MACHINE_ACTION_HPP

#include <coqmp/lifecycle.hpp>
#include "supervision/machine_memory.hpp"

#include <chrono>
#include <iosfwd>
#include <variant>
#include <vector>

namespace coqmp::detail {

/// Each action, and what must be done for it, in the order of the list. Those that have an answer name the function of
/// machine_lifecycle that takes it.
namespace actions {

/// Write `memory` to the disk, and carry out the following actions only when it is there. If it cannot be written (the disk is
/// full), report that and keep trying; meanwhile a `launch` that follows waits until it can be stored, or is withdrawn. All other
/// actions are carried out.
struct store
{
    machine_memory memory;
    friend bool operator==(store const&, store const&) = default;
};

/// Start a QEMU with the present configuration, at once or when the start_queue grants it.
/// connected() when it has negotiated; ended() when it has ended, also if it was never started.
struct launch
{
    friend bool operator==(launch const&, launch const&) = default;
};

/// machine::async_shutdown() with this budget and the other options of the machine; during a launch too. It may come again, with a
/// shorter budget. A launch that still waits for its turn is withdrawn instead. ended().
struct shut_down
{
    std::chrono::nanoseconds budget{};  ///< Zero: no limit.
    friend bool operator==(shut_down const&, shut_down const&) = default;
};

/// The shutdown that was asked for may take longer by this much: its guest writes a crash dump. No answer.
struct extend_shutdown
{
    std::chrono::nanoseconds by{};
    friend bool operator==(extend_shutdown const&, extend_shutdown const&) = default;
};

/// machine::kill(): SIGKILL through the pidfd. A launch that still waits for its turn is withdrawn instead. ended().
struct kill
{
    friend bool operator==(kill const&, kill const&) = default;
};

/// Execute `query-status`, without a deadline. answered(reply).
struct ask_state
{
    friend bool operator==(ask_state const&, ask_state const&) = default;
};

/// Execute `query-yank` out of band, without a deadline. finished(ask_out_of_band), also for an error. Not without the capability:
/// connected() is told whether QEMU has it.
struct ask_out_of_band
{
    friend bool operator==(ask_out_of_band const&, ask_out_of_band const&) = default;
};

/// Execute `cont`, at once, on the session on which clients' commands travel. finished(continue_guest).
struct continue_guest
{
    friend bool operator==(continue_guest const&, continue_guest const&) = default;
};

/// Execute `system_reset` and `cont`, at once, on the session on which clients' commands travel, and let no other command between
/// them. No answer.
struct reset_guest
{
    friend bool operator==(reset_guest const&, reset_guest const&) = default;
};

/// Dump the guest's memory to a file of limited size. finished(dump_guest), whether it worked or not.
struct dump_guest
{
    friend bool operator==(dump_guest const&, dump_guest const&) = default;
};

/// Dial the monitor again, or wait until QEMU does; with growing pauses, until the process has ended. connected().
struct reconnect
{
    friend bool operator==(reconnect const&, reconnect const&) = default;
};

/// machine::release(): let it live on. The rules ask for nothing after this.
struct release
{
    friend bool operator==(release const&, release const&) = default;
};

/// Publish the status: the stream of changes, the log, hooks, STATUS=, metrics.
struct report
{
    machine_status status;
    friend bool operator==(report const&, report const&) = default;
};

}  // namespace actions

using machine_action = std::variant<actions::store, actions::launch, actions::shut_down, actions::extend_shutdown, actions::kill,
                                    actions::ask_state, actions::ask_out_of_band, actions::continue_guest, actions::reset_guest,
                                    actions::dump_guest, actions::reconnect, actions::release, actions::report>;

using machine_actions = std::vector<machine_action>;

}  // namespace coqmp::detail

namespace coqmp::detail::actions {

/// Prints `shut down within 75 s`, for example. In the namespace in which a std::variant of these types is looked up.
std::ostream& operator<<(std::ostream& out, std::vector<machine_action> const& list);
std::ostream& operator<<(std::ostream& out, machine_action const& action);

}  // namespace coqmp::detail::actions

#endif
