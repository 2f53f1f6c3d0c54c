// The queue between a supervisor and one reader of what it reports.
// Invariant: a value leaves the queue only for a reader that is about to run and was not cancelled.
#ifndef COQMP_SRC_SUPERVISOR_BOUNDED_QUEUE_HPP
#define COQMP_SRC_SUPERVISOR_BOUNDED_QUEUE_HPP

#include "detail/handler_registry.hpp"
#include "detail/post_reserved.hpp"
#include "supervisor/fair_report_queue.hpp"

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <utility>
#include <vector>

namespace coqmp::detail {

/// The state behind a supervisor_stream, as `subscription` is that behind an event_stream. Safe to use from any thread.
/// @tparam Value as for fair_report_queue
template <class Value>
class bounded_queue final : public handler_registration, public std::enable_shared_from_this<bounded_queue<Value>>
{
public:
    using error_code = boost::system::error_code;
    using handler_type = pending_handler<void(error_code, Value)>;
    using filter_type = std::function<bool(Value const&)>;

    bounded_queue(boost::asio::any_io_executor executor, std::size_t capacity, filter_type filter = nullptr)
        : handler_registration(std::move(executor)), filter_(std::move(filter)), queue_(capacity)
    {}
    ~bounded_queue() = default;

    /// Runs the filter. Call this only on the supervisor's executor, and without holding a lock.
    [[nodiscard]] bool wants(Value const& candidate) const { return !filter_ || filter_(candidate); }

    void push(Value value)
    {
        std::unique_lock lock(mutex_);
        if (ended_)
            return;
        queue_.push(std::move(value));
        notify(lock);
    }

    /// No more values will come. What is queued can still be read.
    void end() noexcept
    try {
        std::unique_lock lock(mutex_);
        ended_ = true;
        notify(lock);
    } catch (std::bad_alloc const&) {
        destroy_handlers();  // it cannot run on its own executor
    }

    /// The reader wants no more values.
    void close() noexcept
    {
        std::unique_lock lock(mutex_);
        queue_.clear();
        ended_ = true;
        notify(lock);
    }

    void async_next(handler_type handler)
    {
        auto slot = handler.slot();
        std::unique_lock lock(mutex_);
        if (wait_) {
            lock.unlock();
            return handler.post(error_code(make_error_code(errc::operation_in_progress)), Value());
        }
        wait_ = std::make_shared<wait>(std::move(handler));
        if (slot.is_connected())
            slot.assign([self = this->weak_from_this(), waiting = std::weak_ptr(wait_)](boost::asio::cancellation_type) {
                if (auto const alive = self.lock())
                    if (auto const still = waiting.lock())
                        alive->cancel(still);
            });
        if (ended_ || !queue_.empty())
            notify(lock);
    }

    [[nodiscard]] std::optional<Value> try_next()
    {
        std::scoped_lock const lock(mutex_);
        if (queue_.empty())
            return std::nullopt;
        return queue_.pop();
    }

    [[nodiscard]] std::uint64_t lost() const noexcept
    {
        std::scoped_lock const lock(mutex_);
        return queue_.lost();
    }

    void destroy_handlers() noexcept override
    {
        auto const self = this->weak_from_this().lock();  // nothing if it is being destroyed
        std::shared_ptr<wait> dropped;
        std::scoped_lock const lock(mutex_);
        dropped.swap(wait_);
    }

private:
    struct wait
    {
        explicit wait(handler_type waiting) : handler(std::move(waiting)) {}

        handler_type handler;
        bool cancelled = false;
        bool notified = false;  ///< complete() is on its way.
        post_memory memory;     ///< For complete().
    };

    void cancel(std::shared_ptr<wait> const& waiting)
    {
        std::unique_lock lock(mutex_);
        if (wait_ != waiting)
            return;
        waiting->cancelled = true;
        notify(lock);
    }

    // Which outcome a wait has is decided where and when its handler runs, so that a late cancellation loses no value.
    void notify(std::unique_lock<std::mutex>& lock)
    {
        if (!wait_ || wait_->notified)
            return;
        auto const waiting = wait_;
        waiting->notified = true;
        lock.unlock();
        auto complete = [self = this->shared_from_this(), waiting] { self->complete(waiting); };
        if (waiting->handler.has_own_executor())
            waiting->handler.post_function(std::move(complete));
        else
            post_reserved(waiting->handler.home(), waiting->memory, std::move(complete));
    }

    void complete(std::shared_ptr<wait> const& waiting)
    {
        std::unique_lock lock(mutex_);
        if (wait_ != waiting)
            return;
        waiting->notified = false;
        if (queue_.empty() && !ended_ && !waiting->cancelled)
            return;  // try_next() took it meanwhile
        error_code error;
        if (waiting->cancelled)
            error = boost::asio::error::operation_aborted;
        else if (queue_.empty())
            error = make_error_code(errc::end_of_stream);
        Value taken = error ? Value() : queue_.pop();
        wait_.reset();
        lock.unlock();
        waiting->handler.invoke(error, std::move(taken));
    }

    filter_type const filter_;
    mutable std::mutex mutex_;  ///< Protects all that follows.
    fair_report_queue<Value> queue_;
    bool ended_ = false;
    std::shared_ptr<wait> wait_;
};

/// The streams of one kind. Safe to use from any thread.
template <class Value>
class bounded_queues
{
public:
    using queue = bounded_queue<Value>;

    [[nodiscard]] std::shared_ptr<queue> subscribe(boost::asio::any_io_executor executor, std::size_t capacity,
                                                   typename queue::filter_type filter = nullptr)
    {
        auto const result = std::make_shared<queue>(std::move(executor), capacity, std::move(filter));
        std::scoped_lock const lock(mutex_);
        std::erase_if(queues_, [](auto const& each) { return each.expired(); });
        if (ended_)
            result->end();
        queues_.push_back(result);
        return result;
    }

    /// On the supervisor's executor: filters run.
    void publish(Value const& value)
    {
        for (auto const& each : readers())
            if (each->wants(value))
                each->push(value);
    }

    void end() noexcept
    {
        std::vector<std::weak_ptr<queue>> ended;
        {
            std::scoped_lock const lock(mutex_);
            ended_ = true;
            ended.swap(queues_);
        }
        for (auto const& each : ended)
            if (auto const alive = each.lock())
                alive->end();
    }

private:
    std::vector<std::shared_ptr<queue>> readers()
    {
        std::vector<std::shared_ptr<queue>> result;
        std::scoped_lock const lock(mutex_);
        for (auto const& each : queues_)
            if (auto alive = each.lock())
                result.push_back(std::move(alive));
        return result;
    }

    std::mutex mutex_;
    std::vector<std::weak_ptr<queue>> queues_;
    bool ended_ = false;
};

}  // namespace coqmp::detail

#endif
