#include "session/deadlines.hpp"

#include "detail/deadline_after.hpp"

#include <boost/asio/bind_allocator.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

/// Waits for events that are kept without looking for those that have ended.
constexpr std::size_t few_events = 16;

}  // namespace

deadlines::deadlines(asio::any_io_executor const& executor, turn_handler& owner)
    : owner_(owner), clock_(&time_source_of(executor)), timer_(executor), largest_events_(few_events)
{}

deadlines::~deadlines()
{
    if (timer_)
        clock_->forget(*timer_);
}

deadlines::time_point deadlines::earliest() const noexcept
{
    time_point result = connect_deadline_;
    if (!commands_.empty())
        result = std::min(result, commands_.begin()->deadline);
    if (!events_.empty())
        result = std::min(result, events_.begin()->first);
    return result;
}

void deadlines::start_connecting(std::chrono::nanoseconds duration)
{
    connect_deadline_ = optional_deadline_after(duration, now());
    arm();
}

void deadlines::add(pending_command& command, std::chrono::nanoseconds duration)
{
    if (duration <= duration.zero())
        return;
    command.deadline = deadline_after(duration, now());
    if (!command.awaited_event.expired())
        add_event(command.awaited_event, command.deadline);
    arm(command.deadline);
    commands_.insert(commands_.end(), command);
}

void deadlines::remove(pending_command& command) noexcept
{
    if (command.deadline_hook.is_linked())
        commands_.erase(commands_.iterator_to(command));
}

void deadlines::expire_events(time_point now)
{
    auto const end = events_.upper_bound(now);
    for (auto each = events_.begin(); each != end; each = events_.erase(each))
        if (auto const wait = each->second.lock())
            wait->end(make_error_code(errc::event_missing));
}

// A wait whose event came leaves its deadline behind: another thread may have ended it.
void deadlines::add_event(std::weak_ptr<subscription> const& wait, time_point deadline)
{
    if (events_.size() >= largest_events_) {
        std::erase_if(events_, [](auto const& each) { return each.second.expired(); });
        largest_events_ = std::max(few_events, 2 * events_.size());
    }
    events_.emplace(deadline, wait);
}

// One timer for all deadlines: most are never reached, so it is set again only for an earlier one. And one wait at a time, whose
// memory is reserved: there may be none when a deadline has passed and the next one needs the timer.
void deadlines::arm(time_point moment)
{
    if (moment >= armed_for_ || !timer_)
        return;
    clock_->expire_at(*timer_, moment);
    if (!waiting_) {
        auto expired = [this, alive = owner_.shared_from_this()](error_code) { on_timer(); };
        timer_->async_wait(asio::bind_allocator(allocator_of(timer_memory_), std::move(expired)));
        waiting_ = true;
    }  // else the wait ends now, and on_timer() starts the next
    armed_for_ = moment;
}

void deadlines::on_timer()
{
    waiting_ = false;
    armed_for_ = never;
    if (!timer_)
        return;
    if (earliest() > now())
        arm();
    else
        owner_.on_turn();
}

void deadlines::close() noexcept
{
    connect_deadline_ = never;
    events_.clear();
    armed_for_ = never;
    if (timer_)
        timer_->cancel();
}

void deadlines::reset() noexcept
{
    if (timer_)
        clock_->forget(*timer_);
    timer_.reset();
    commands_.clear();
    events_.clear();
}

}  // namespace coqmp::detail
