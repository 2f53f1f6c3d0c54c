// Gives each event to each subscription.
// Invariant: an event that comes before a reader could have subscribed is kept for the first subscription.
#ifndef COQMP_SRC_EVENTS_EVENT_HUB_HPP
#define COQMP_SRC_EVENTS_EVENT_HUB_HPP

#include "events/subscription.hpp"
#include "protocol/counters.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace coqmp::detail {

/// The subscriptions of one session. Safe to use from any thread; publishing is for one thread at a time.
class event_hub
{
public:
    /// @param byte_limit of the memory of all queued events; zero: none
    event_hub(boost::asio::any_io_executor executor, std::size_t default_capacity, std::size_t byte_limit = 0);

    /// A stream for a reader. The first one gets the early events.
    [[nodiscard]] std::shared_ptr<subscription> subscribe(event_filter filter, std::size_t capacity);

    /// The first event from now on that passes the filter.
    [[nodiscard]] std::shared_ptr<subscription> expect(event_filter filter);

    /// @param data_memory that the event's data takes, in bytes
    void publish(event&& what, std::size_t data_memory = 0);

    /// The session can be used. Events without a subscription are kept until it is used, because other handlers run before the
    /// caller's first step.
    void ready() noexcept { phase_ = phase::ready; }
    /// The caller uses the session: events without a subscription are dropped from now on. Does nothing before ready().
    void used() noexcept;

    /// Ends all streams, including those that are made later.
    void end() noexcept;

    /// The context is gone: drops its executor.
    void abandon() noexcept;

    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.read(); }

private:
    enum class phase { negotiating, ready, used };

    void hand_over(subscription& early, subscription& reader);
    std::shared_ptr<subscription> add(event_filter filter, std::size_t capacity, keep which);
    void make_room(std::uint64_t newest);

    boost::asio::any_io_executor executor_;
    std::size_t default_capacity_;
    std::shared_ptr<event_budget> budget_;  // shared with the streams, which may outlive the session
    protocol::tally lost_;

    std::atomic<phase> phase_ = phase::negotiating;

    std::mutex mutex_;
    std::vector<std::weak_ptr<subscription>> subscriptions_;
    std::shared_ptr<subscription> early_;  // holds the events that no subscription wanted
    std::uint64_t published_ = 0;
    bool ended_ = false;
};

}  // namespace coqmp::detail

#endif
