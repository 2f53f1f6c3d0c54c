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
enum class keep {
    newest,  ///< The oldest is dropped: for streams.
    first    ///< Only the first that passes the filter is wanted: for waits.
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
    subscription(boost::asio::any_io_executor executor, event_filter filter, std::size_t capacity, keep which,
                 std::shared_ptr<event_budget> budget = nullptr);
    ~subscription();

    [[nodiscard]] bool wants(event const& what) const { return !ended_ && filter_.accepts(what); }

    /// Queues an event. @return how many events were lost for it (0 or 1)
    std::size_t push(event&& what) { return push(queued_event{std::move(what)}); }
    std::size_t push(queued_event&& what);

    /// Takes all events. For an owner that hands them to another subscription.
    [[nodiscard]] std::deque<queued_event> take_all();

    /// The number of the event to drop first when the session's budget is exceeded; nothing if no event may be dropped.
    [[nodiscard]] std::optional<std::uint64_t> oldest() const;
    /// Drops that event, and counts it as lost. @return false: it has left the queue meanwhile
    bool drop_oldest(std::uint64_t number);

    /// No more events will come. The reader gets `why` after the last one.
    void end(boost::system::error_code why) noexcept;

    /// The reader wants no more events: drops the queued ones.
    void close() noexcept;

    void async_next(next_handler handler);
    static void start_next(std::shared_ptr<subscription> const& state, next_handler handler)
    {
        state->async_next(std::move(handler));
    }
    [[nodiscard]] std::optional<event> try_next();

    [[nodiscard]] std::uint64_t lost() const noexcept;
    [[nodiscard]] bool has_ended() const noexcept;

    void destroy_handlers() noexcept override;

private:
    struct wait;

    void cancel(std::shared_ptr<wait> const& what);
    void settle(std::shared_ptr<wait> const& what);
    void wake(std::unique_lock<std::mutex>& lock);
    event pop();
    void drop_front();
    void release_memory(std::deque<queued_event> const& of) const noexcept;

    event_filter filter_;
    std::size_t capacity_;
    keep which_;

    mutable std::mutex mutex_;
    std::shared_ptr<event_budget> budget_;
    std::deque<queued_event> queue_;
    std::uint64_t lost_ = 0;
    std::uint64_t lost_before_next_ = 0;
    boost::system::error_code end_;
    std::atomic<bool> ended_ = false;
    std::shared_ptr<wait> wait_;
};

}  // namespace coqmp::detail

#endif
