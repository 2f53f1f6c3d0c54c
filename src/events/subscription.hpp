// The queue between a session and one reader of its events.
// Invariant: an event leaves the queue only for a reader that is about to run and was not cancelled.
#ifndef COQMP_SRC_EVENTS_SUBSCRIPTION_HPP
#define COQMP_SRC_EVENTS_SUBSCRIPTION_HPP

#include "detail/handler_registry.hpp"
#include "events/event_budget.hpp"

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/error.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace coqmp::detail {

/// Which events a full queue keeps.
enum class overflow {
    drop_oldest,  ///< For streams.
    keep_first    ///< Only the first event that passes the filter is wanted: for waits.
};

/// An event in a queue.
struct queued_event
{
    event what;
    std::size_t memory = 0;    ///< the bytes that it takes
    std::uint64_t number = 0;  ///< Grows with each event of the session.
};

/// The state behind an event_stream. Safe to use from any thread.
class subscription final : public handler_registration, public std::enable_shared_from_this<subscription>
{
public:
    using next_handler = pending_handler<void(boost::system::error_code, event)>;

    /// @param budget of the session, for the events that are queued here; none: the memory of the queue does not count
    subscription(boost::asio::any_io_executor executor, event_filter filter, std::size_t capacity, overflow policy,
                 std::shared_ptr<event_budget> budget = nullptr);
    ~subscription();

    /// Runs the filter's predicate: only on the session's executor, and under no lock.
    [[nodiscard]] bool wants(event const& candidate) const { return !ended_ && filter_.accepts(candidate); }

    /// Queues an event. @return how many events were lost for it (0 or 1)
    std::size_t push(event&& happened) { return push(queued_event{std::move(happened)}); }
    std::size_t push(queued_event&& queued);

    /// Queues an event that its stream gets whatever the filter says; a wait for one event does not get it.
    /// @return how many events were lost: the oldest one, or the marker itself if there is no memory for it
    std::size_t push_marker(event const& marker, std::uint64_t number) noexcept;

    /// Copies of the queued events. The first one says how many were lost before it.
    [[nodiscard]] std::deque<queued_event> copies() const;

    /// Gives the stream events from before its time, which admit_backlog() will filter.
    /// @param lost_after how many events are lost between these and the next one
    void set_backlog(std::deque<queued_event>&& events, std::uint64_t lost_after);
    /// Queues those events of the backlog that pass the filter. On the session's executor, before any later event is queued.
    /// @return how many events were lost for them
    std::size_t admit_backlog();

    /// The number of the event to drop first when the session's budget is exceeded; nothing if no event may be dropped.
    [[nodiscard]] std::optional<std::uint64_t> oldest() const;
    /// Drops that event, and counts it as lost. @return false: it has left the queue meanwhile
    bool drop_oldest(std::uint64_t number);

    /// No more events will come. The reader gets `why` after the last one.
    void end(boost::system::error_code why) noexcept;

    /// The reader wants no more events: drops the queued ones.
    void close() noexcept;

    void async_next(next_handler handler);
    [[nodiscard]] std::optional<event> try_next();

    [[nodiscard]] std::uint64_t lost() const noexcept;

    void destroy_handlers() noexcept override;

private:
    struct wait;

    void cancel(std::shared_ptr<wait> const& waiting);
    void complete_wait(std::shared_ptr<wait> const& waiting);
    void notify(std::unique_lock<std::mutex>& lock);
    event pop();
    void drop_front();
    void release_memory(std::deque<queued_event> const& of) const noexcept;

    event_filter filter_;
    std::size_t capacity_;
    overflow policy_;

    mutable std::mutex mutex_;
    std::shared_ptr<event_budget> budget_;
    std::deque<queued_event> queue_;
    std::deque<queued_event> backlog_;
    std::uint64_t lost_after_backlog_ = 0;
    std::atomic<bool> has_backlog_ = false;
    std::uint64_t lost_ = 0;
    std::uint64_t lost_before_next_ = 0;  // of those that are queued
    std::uint64_t lost_before_push_ = 0;  // after those that are queued
    boost::system::error_code end_;
    std::atomic<bool> ended_ = false;
    std::shared_ptr<wait> wait_;
};

}  // namespace coqmp::detail

#endif
