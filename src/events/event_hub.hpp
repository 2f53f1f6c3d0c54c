// Gives each event to each stream that wants it.
// Invariant: filters run on the session's executor, and under no lock.
#ifndef COQMP_SRC_EVENTS_EVENT_HUB_HPP
#define COQMP_SRC_EVENTS_EVENT_HUB_HPP

#include "events/event_observer.hpp"
#include "events/event_relay.hpp"
#include "events/subscription.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace coqmp::detail {

/// The streams of one session. publish() and end() are for the session's executor, the other functions for any thread.
class event_hub
{
public:
    /// @param byte_limit of the memory of all queued events; zero: none
    /// @param early_capacity how many early events are kept for the first streams; zero: none
    event_hub(boost::asio::any_io_executor executor, std::size_t default_capacity, std::size_t byte_limit = 0,
              std::size_t early_capacity = 0);

    /// A stream. The first ones, which are made before the next event comes, begin with the early events.
    [[nodiscard]] std::shared_ptr<subscription> subscribe(event_filter filter, std::size_t capacity);

    /// The first event from now on that passes the filter.
    [[nodiscard]] std::shared_ptr<subscription> expect(event_filter filter);

    /// @param data_memory that the event's data takes, in bytes
    /// @param is_early whether the event is kept if there has been no stream yet
    void publish(event&& happened, std::size_t data_memory = 0, bool is_early = false);

    /// Queues a marker in every stream, whatever its filter is. Where there is no memory for it, it counts as a lost event.
    void publish_marker(event const& marker) noexcept;

    /// Events go to this relay, too. Called before the first event.
    void relay_to(std::shared_ptr<event_relay> relay) noexcept { relay_ = std::move(relay); }

    /// The observer sees all events from now on, before any stream has them. On the session's executor.
    void show_to(std::weak_ptr<event_observer> observer) { observers_.push_back(std::move(observer)); }

    /// Whether there are observers. On the session's executor.
    [[nodiscard]] bool is_observed() const noexcept { return !observers_.empty(); }
    /// Shows an event to the observers as text, unless a stream, a relay or the early events need it as a value. On the session's
    /// executor.
    /// @param is_early as in publish() @return false: it must be published
    bool publish_text(protocol::plain_event const& happened, bool is_early);

    /// Ends all streams, including those that are made later.
    void end() noexcept;

    /// The context is gone: drops its executor.
    void abandon() noexcept;

    [[nodiscard]] std::uint64_t lost() const noexcept { return budget_->lost(); }

private:
    // Replaced as a whole, so that publish() can go through it without a lock.
    using reader_list = std::vector<std::weak_ptr<subscription>>;

    std::shared_ptr<subscription> add(event_filter filter, std::size_t capacity, overflow policy);
    void give_early_events(std::shared_ptr<subscription> const& reader, std::unique_lock<std::mutex>& lock);
    [[nodiscard]] std::shared_ptr<reader_list const> begin_publishing(queued_event& published, bool is_early);
    void keep_early_event(queued_event const& published, bool is_early);
    /// @param call is called with each observer
    template <class Call>
    void show(Call call);
    void remove_expired();
    void make_room(std::uint64_t newest);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<event_relay> relay_;
    std::vector<std::weak_ptr<event_observer>> observers_;
    std::size_t const default_capacity_;
    std::shared_ptr<event_budget> const budget_;  // shared with the streams, which may outlive the session

    std::mutex mutex_;
    std::shared_ptr<reader_list const> readers_;
    std::uint64_t published_ = 0;
    std::size_t early_capacity_;  // zero: no early events are kept, or no longer
    std::shared_ptr<subscription> early_;
    std::uint64_t lost_after_early_ = 0;
    bool has_first_stream_ = false;
    bool ended_ = false;
};

}  // namespace coqmp::detail

#endif
