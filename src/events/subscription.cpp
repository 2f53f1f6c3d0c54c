#include "events/subscription.hpp"

#include "detail/post_reserved.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

struct subscription::wait
{
    explicit wait(next_handler waiting) : handler(std::move(waiting)) {}

    next_handler handler;
    post_memory memory;  // to end without any other
    bool cancelled = false;
    bool notified = false;  // complete_wait() is on its way
};

subscription::subscription(asio::any_io_executor executor, event_filter filter, std::size_t capacity, overflow policy,
                           std::shared_ptr<event_budget> budget)
    : handler_registration(std::move(executor)),
      filter_(std::move(filter)),
      capacity_(std::max<std::size_t>(capacity, 1)),
      policy_(policy),
      budget_(std::move(budget))
{}

subscription::~subscription()
{
    release_memory(queue_);
}

std::size_t subscription::push(queued_event&& queued)
{
    std::unique_lock lock(mutex_);
    if (ended_ || (policy_ == overflow::keep_first && !queue_.empty()))
        return 0;
    std::size_t lost = 0;
    if (queue_.size() >= capacity_) {
        drop_front();
        lost = 1;
    }
    queue_.push_back(std::move(queued));
    queue_.back().what.lost_before += std::exchange(lost_before_push_, 0);
    if (budget_)
        budget_->add(queue_.back().memory);
    notify(lock);
    return lost;
}

std::size_t subscription::push_marker(event const& marker, std::uint64_t number) noexcept
try {
    if (policy_ == overflow::keep_first)
        return 0;
    queued_event copy{marker, 0, number};
    copy.memory = sizeof(queued_event) + copy.what.name.capacity();
    return push(std::move(copy));
} catch (std::bad_alloc const&) {
    std::scoped_lock const lock(mutex_);
    ++lost_before_push_;
    ++lost_;
    return 1;
}

std::deque<queued_event> subscription::copies() const
{
    std::scoped_lock const lock(mutex_);
    std::deque<queued_event> result = queue_;
    if (!result.empty())
        result.front().what.lost_before += lost_before_next_;
    return result;
}

void subscription::set_backlog(std::deque<queued_event>&& events, std::uint64_t lost_after)
{
    std::scoped_lock const lock(mutex_);
    backlog_ = std::move(events);
    lost_after_backlog_ = lost_after;
    has_backlog_ = true;
}

std::size_t subscription::admit_backlog()
{
    if (!has_backlog_)
        return 0;
    std::unique_lock lock(mutex_);
    has_backlog_ = false;
    std::deque<queued_event> const admitted = std::exchange(backlog_, {});
    std::uint64_t const lost_after = lost_after_backlog_;
    lock.unlock();
    std::size_t lost = 0;
    std::uint64_t gaps = lost_after;
    std::uint64_t lost_before = 0;  // goes on to the next event that is wanted
    for (queued_event const& each : admitted) {
        gaps += each.what.lost_before;
        lost_before += each.what.lost_before;
        if (!wants(each.what))
            continue;
        queued_event wanted = each;
        wanted.what.lost_before = std::exchange(lost_before, 0);
        lost += push(std::move(wanted));
    }
    lock.lock();
    lost_before_push_ += lost_before + lost_after;
    lost_ += gaps;
    return lost;
}

std::optional<std::uint64_t> subscription::oldest() const
{
    std::scoped_lock const lock(mutex_);
    if (queue_.empty() || policy_ == overflow::keep_first)
        return std::nullopt;
    return queue_.front().number;
}

bool subscription::drop_oldest(std::uint64_t number)
{
    std::scoped_lock const lock(mutex_);
    if (queue_.empty() || queue_.front().number != number)
        return false;
    drop_front();
    return true;
}

void subscription::end(error_code why) noexcept
{
    std::unique_lock lock(mutex_);
    if (ended_)
        return;
    ended_ = true;
    end_ = why;
    notify(lock);
}

void subscription::close() noexcept
{
    std::unique_lock lock(mutex_);
    release_memory(queue_);
    queue_.clear();
    backlog_.clear();
    ended_ = true;
    end_ = make_error_code(errc::end_of_stream);
    notify(lock);
}

void subscription::async_next(next_handler handler)
{
    auto slot = handler.slot();
    std::unique_lock lock(mutex_);
    if (wait_) {
        lock.unlock();
        handler.post(make_error_code(errc::operation_in_progress), event());
        return;
    }
    wait_ = std::make_shared<wait>(std::move(handler));
    if (slot.is_connected()) {
        auto on_cancel = [self = weak_from_this(), waiting = std::weak_ptr(wait_)](asio::cancellation_type) {
            if (auto const alive = self.lock())
                if (auto const still = waiting.lock())
                    alive->cancel(still);
        };
        slot.assign(std::move(on_cancel));
    }
    if (ended_ || !queue_.empty())
        notify(lock);
}

std::optional<event> subscription::try_next()
{
    std::scoped_lock const lock(mutex_);
    if (queue_.empty())
        return std::nullopt;
    return pop();
}

std::uint64_t subscription::lost() const noexcept
{
    std::scoped_lock const lock(mutex_);
    return lost_;
}

void subscription::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();  // nothing if it is being destroyed
    std::shared_ptr<wait> dropped;
    std::scoped_lock const lock(mutex_);
    dropped.swap(wait_);
}

void subscription::cancel(std::shared_ptr<wait> const& waiting)
{
    std::unique_lock lock(mutex_);
    if (wait_ != waiting)
        return;
    waiting->cancelled = true;
    notify(lock);
}

// Which outcome a wait has is decided where and when its handler runs: whatever cancels it before that leaves the event in
// the queue. (`next() || timer` loses an event if it is taken out any earlier.)
void subscription::notify(std::unique_lock<std::mutex>& lock)
{
    if (!wait_ || wait_->notified)
        return;
    auto const waiting = wait_;
    waiting->notified = true;
    lock.unlock();
    try {
        auto complete = [self = shared_from_this(), waiting] { self->complete_wait(waiting); };
        if (waiting->handler.has_own_executor())
            waiting->handler.post_function(std::move(complete));
        else
            post_reserved(waiting->handler.home(), waiting->memory, std::move(complete));
    } catch (std::bad_alloc const&) {
        lock.lock();
        waiting->notified = false;  // the next event notifies it
    }
}

void subscription::complete_wait(std::shared_ptr<wait> const& waiting)
{
    std::unique_lock lock(mutex_);
    if (wait_ != waiting)
        return;
    waiting->notified = false;
    if (queue_.empty() && !ended_ && !waiting->cancelled)
        return;  // try_next() took it meanwhile
    error_code error;
    if (waiting->cancelled)
        error = asio::error::operation_aborted;
    else if (queue_.empty())
        error = end_;
    event taken = error ? event() : pop();
    wait_.reset();
    lock.unlock();
    waiting->handler.invoke(error, std::move(taken));
}

event subscription::pop()
{
    event taken = std::move(queue_.front().what);
    if (budget_)
        budget_->remove(queue_.front().memory);
    queue_.pop_front();
    taken.lost_before += std::exchange(lost_before_next_, 0);
    return taken;
}

void subscription::drop_front()
{
    lost_before_next_ += queue_.front().what.lost_before + 1;
    ++lost_;
    if (budget_)
        budget_->remove(queue_.front().memory);
    queue_.pop_front();
}

void subscription::release_memory(std::deque<queued_event> const& of) const noexcept
{
    if (budget_)
        for (queued_event const& each : of)
            budget_->remove(each.memory);
}

}  // namespace coqmp::detail
