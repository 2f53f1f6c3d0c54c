// From a cancellation slot, in whatever thread, to the executor of the state that waits.
#ifndef COQMP_SRC_DETAIL_CANCELLATION_HPP
#define COQMP_SRC_DETAIL_CANCELLATION_HPP

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>

#include <memory>
#include <utility>

namespace coqmp::detail {

/// Whether a cancellation asks to abandon also what cannot be undone: terminal or partial, but not total alone.
[[nodiscard]] inline bool asks_to_abandon(boost::asio::cancellation_type kind) noexcept
{
    using boost::asio::cancellation_type;
    return (kind & (cancellation_type::terminal | cancellation_type::partial)) != cancellation_type::none;
}

/// Calls `member(state, waiting, kind)` on the state's executor when the slot is asked to cancel. Keeps neither alive.
template <class State, class Waiting, class Member>
void on_cancellation(boost::asio::cancellation_slot slot, std::shared_ptr<State> const& self,
                     std::shared_ptr<Waiting> const& waiting, Member member)
{
    if (!slot.is_connected())
        return;
    slot.assign([state = std::weak_ptr(self), pending = std::weak_ptr(waiting), member](boost::asio::cancellation_type kind) {
        auto alive = state.lock();
        auto still = pending.lock();
        if (!alive || !still)
            return;
        auto const executor = alive->executor();
        boost::asio::dispatch(
            executor, [alive = std::move(alive), still = std::move(still), kind, member] { member(*alive, still, kind); });
    });
}

}  // namespace coqmp::detail

#endif
