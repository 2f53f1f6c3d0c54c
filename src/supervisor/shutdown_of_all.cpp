#include "supervisor/shutdown_of_all.hpp"

#include "supervisor/machine_driver.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

using namespace std::chrono_literals;

constexpr auto time_to_die = 5s;

/// @param budget zero: no limit; negative: none is left
time_source::time_point end_of_budget(std::chrono::nanoseconds budget, time_source::time_point now) noexcept
{
    auto const no_end = time_source::time_point::max();
    if (budget < 0ns)
        return now;
    return budget == 0ns || budget >= no_end - now ? no_end : now + budget;
}

}  // namespace

shutdown_of_all::shutdown_of_all(asio::any_io_executor executor, std::shared_ptr<machine_table const> machines,
                                 std::function<void()> over)
    : executor_(std::move(executor)),
      machines_(std::move(machines)),
      over_(std::move(over)),
      clock_(&time_source_of(executor_)),
      timer_(executor_)
{}

void shutdown_of_all::begin(std::chrono::nanoseconds budget, wait_pointer const& waiting)
{
    if (!timer_ || waiting->is_cancelled) {
        if (waiting->handler)
            waiting->handler.post(error_code(asio::error::operation_aborted));
        return;
    }
    waits_.push_back(waiting);
    auto const now = clock_->now();
    auto const end = end_of_budget(budget, now);
    if (order_ && end_ <= end)
        return;
    end_ = end;
    std::vector<ordered_machine> running;
    for (auto const& [name, each] : machines_->entries()) {
        if (each.driver->is_observed())
            continue;
        if (each.driver->may_have_process())
            running.push_back({name, each.after});
        else
            each.driver->stop_with_host(budget);  // it might be started again soon
    }
    order_.emplace(running, budget, now);
    go_on();
}

void shutdown_of_all::go_on()
{
    if (!order_ || !timer_)
        return;
    for (auto const& each : order_->next(clock_->now())) {
        if (auto const driver = machines_->find(each.name))
            driver->stop_with_host(each.budget);
        else
            order_->ended(each.name);
    }
    // Those that were killed at the end of the budget need a moment.
    auto const next = order_->is_over() ? end_of_budget(time_to_die, end_) : order_->next_time();
    if (!order_->is_over() || (!is_down() && clock_->now() < next))
        return wait_until(next);
    order_.reset();
    clock_->forget(*timer_);
    timer_->cancel();
    over_();
    error_code const result = is_down() ? error_code() : error_code(make_error_code(errc::timed_out));
    for (wait_pointer const& each : std::exchange(waits_, {}))
        each->handler.post(result);
}

void shutdown_of_all::wait_until(time_source::time_point next)
{
    clock_->expire_at(*timer_, next);
    timer_->async_wait([weak = weak_from_this(), next](error_code) {
        auto const self = weak.lock();
        if (self && self->order_ && self->clock_->now() >= next)
            self->go_on();
    });
}

bool shutdown_of_all::is_down() const
{
    return std::ranges::none_of(machines_->entries(), [](auto const& each) {
        return each.second.driver->may_have_process() && !each.second.driver->is_observed();
    });
}

void shutdown_of_all::keep_down(std::string const& machine)
{
    asio::post(executor_, [self = shared_from_this(), machine] {
        if (auto const driver = self->machines_->find(machine))
            driver->stop_with_host(std::chrono::nanoseconds::zero());
    });
}

void shutdown_of_all::ended(std::string const& machine)
{
    if (!order_)
        return;
    order_->ended(machine);
    asio::post(executor_, [self = shared_from_this(), machine] {
        auto const driver = self->machines_->find(machine);
        if (driver && self->order_)
            driver->stop_with_host(std::chrono::nanoseconds::zero());  // it is not started again meanwhile
        self->go_on();
    });
}

void shutdown_of_all::cancel(wait_pointer const& waiting)
{
    waiting->is_cancelled = true;
    waits_.remove(waiting);
    if (waiting->handler)
        waiting->handler.post(error_code(asio::error::operation_aborted));
}

void shutdown_of_all::abandon(bool runs_handlers) noexcept
{
    order_.reset();
    if (timer_)
        clock_->forget(*timer_);
    timer_.reset();
    for (wait_pointer const& each : std::exchange(waits_, {})) {
        if (runs_handlers)
            each->handler.post(error_code(asio::error::operation_aborted));
        else
            auto const dropped = std::move(each->handler);
    }
    over_ = nullptr;
    executor_ = asio::any_io_executor();
}

}  // namespace coqmp::detail
