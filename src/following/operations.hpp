// Starts the operations of a follower, from any thread.
// Invariant: what an operation does, and what its cancellation does, runs on the follower's executor.
#ifndef COQMP_SRC_FOLLOWING_OPERATIONS_HPP
#define COQMP_SRC_FOLLOWING_OPERATIONS_HPP

#include "detail/cancellation.hpp"
#include "following/waits.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace coqmp::detail {

/// Waits for the end.
template <class Follower>
void begin_wait(std::shared_ptr<Follower> const& self, typename Follower::end_handler handler, purpose what)
{
    using end_wait = typename Follower::end_wait;
    auto const slot = handler.slot();
    end_wait wait = std::make_shared<typename end_wait::element_type>(std::move(handler), what);
    on_cancellation(slot, self, wait, [](Follower& state, end_wait const& which, boost::asio::cancellation_type kind) {
        if (kind != boost::asio::cancellation_type::none)
            state.cancel(which);
    });
    boost::asio::dispatch(self->executor(), [self, wait = std::move(wait)] { self->wait_for_end(wait); });
}

/// Waits for news.
/// @param goal none: any news
template <class Follower>
void begin_read(std::shared_ptr<Follower> const& self, typename Follower::progress_handler handler,
                std::optional<typename Follower::goal_type> goal)
{
    using progress_wait = typename Follower::progress_wait;
    auto const slot = handler.slot();
    progress_wait wait = std::make_shared<typename progress_wait::element_type>(std::move(handler), std::move(goal));
    on_cancellation(slot, self, wait, [](Follower& state, progress_wait const& which, boost::asio::cancellation_type kind) {
        if (kind != boost::asio::cancellation_type::none)
            state.cancel(which);
    });
    boost::asio::dispatch(self->executor(), [self, wait = std::move(wait)] { self->wait_for_news(wait); });
}

/// Abandons the command of an operation that is cancelled.
template <class Follower>
std::shared_ptr<waiting_for_reply> make_command_wait(std::shared_ptr<Follower> const& self,
                                                     typename Follower::reply_handler handler)
{
    using command_wait = std::shared_ptr<waiting_for_reply>;
    auto const wait = std::make_shared<waiting_for_reply>(std::move(handler));
    on_cancellation(wait->waiting.slot(), self, wait,
                    [](Follower&, command_wait const& which, boost::asio::cancellation_type kind) { which->abandon.emit(kind); });
    return wait;
}

/// Sends the command that starts what is followed.
template <class Follower>
void begin_start(std::shared_ptr<Follower> const& self, typename Follower::reply_handler handler)
{
    auto wait = make_command_wait(self, std::move(handler));
    boost::asio::dispatch(self->executor(), [self, wait = std::move(wait)] { self->start(wait); });
}

/// Sends the command of a verb.
template <class Follower>
void begin_control(std::shared_ptr<Follower> const& self, typename Follower::reply_handler handler,
                   typename Follower::verb_type verb)
{
    auto wait = make_command_wait(self, std::move(handler));
    boost::asio::dispatch(self->executor(), [self, wait = std::move(wait), verb] { self->control(wait, verb); });
}

}  // namespace coqmp::detail

#endif
