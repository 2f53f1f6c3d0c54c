// Why a guest is paused, as far as the events show it, and whether the supervisor may continue it (promise 14), without I/O.
// Invariant: may_continue() is true only for a guest that was seen running, then seen to stop for lack of space and for nothing
// else, that no client has paused through us since, and whose run state QEMU has confirmed since.
#ifndef COQMP_SRC_SUPERVISION_PAUSE_RECORD_HPP
#define COQMP_SRC_SUPERVISION_PAUSE_RECORD_HPP

#include <coqmp/lifecycle.hpp>

#include <coqmp/event.hpp>
#include <coqmp/run_state.hpp>

namespace coqmp::detail {

/// Neither a run state nor an event suffices. The state `io-error` does not say which error it was, and stays the same when a client
/// executes `stop` then. BLOCK_IO_ERROR for lack of space may come just before a STOP that an operator asked for. So both must agree.
class pause_record
{
public:
    // ---- What QEMU reports, in its order -----------------------------------------------------------------------------------

    /// Any event.
    void take(event const& what);
    /// The answer to a `query-status` that was sent after the last event and after the last answer to a client's `stop` were taken.
    /// (Events and answers may be taken in another order than QEMU sent them.)
    void confirm(run_state state) noexcept;
    /// Events may be missing: what came before proves nothing any more.
    /// @param is_out_of_space_listed whether QEMU lists disks that are out of space (`query-block`: io-status), and none with
    /// another error
    void gap(bool is_out_of_space_listed) noexcept;

    // ---- What clients do through us ----------------------------------------------------------------------------------------

    /// A client's `stop` goes out on the session on which our own commands go.
    void stop_sent() noexcept { ++stops_on_the_wire_; }
    /// Its answer has come, or no answer will come.
    void stop_done() noexcept;
    /// It was not sent after all.
    void stop_withdrawn() noexcept;
    /// QEMU has executed a client's `cont`: the client lets go.
    void cont_done() noexcept { is_held_ = false; }
    /// Our own `cont` has an answer: QEMU must confirm its state again.
    void doubt() noexcept { is_confirmed_ = false; }

    // ---- What an earlier supervisor of the same process knew ---------------------------------------------------------------

    /// @param is_held a client has paused it
    /// @param is_out_of_space it has paused for lack of space
    void recall(bool is_held, bool is_out_of_space) noexcept;

    // ---- What is known -----------------------------------------------------------------------------------------------------

    /// Whether `cont` is allowed.
    [[nodiscard]] bool may_continue() const noexcept { return is_out_of_space() && is_confirmed_ && !is_held(); }
    /// Whether a client has paused it through us, and it has not run since.
    [[nodiscard]] bool is_held() const noexcept { return is_held_ || stops_on_the_wire_ != 0; }
    /// Whether it was seen to stop for lack of space, and for nothing else, and has not run since.
    [[nodiscard]] bool is_out_of_space() const noexcept { return cause_ == cause::no_space; }
    /// Why it is paused, for a guest that is in this state.
    [[nodiscard]] lifecycle_reason reason(run_state state) const noexcept;

private:
    enum class cause { none, no_space, other };

    void take_disk_error(event const& what);
    void stopped() noexcept;
    void resumed() noexcept;

    cause cause_ = cause::none;   ///< Of the last STOP; none: it runs.
    cause coming_ = cause::none;  ///< Of the STOP that is about to come.
    bool runs_ = false;           ///< The events or QEMU's answers say so.
    bool is_confirmed_ = false;   ///< QEMU has said `io-error` since the last event that may have changed it.
    bool is_held_ = false;
    unsigned stops_on_the_wire_ = 0;
};

}  // namespace coqmp::detail

#endif
