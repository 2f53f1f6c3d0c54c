// A clock that stands still until a test moves it, so that a test of a deadline takes no time and depends on no other process.
#ifndef COQMP_TEST_SUPPORT_SIMULATED_TIME_HPP
#define COQMP_TEST_SUPPORT_SIMULATED_TIME_HPP

#include "detail/time_source.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <vector>

namespace coqmp::test {

/// Make it with `asio::make_service<simulated_time>(context)` before the first session of the context. For one thread.
class simulated_time final : public detail::time_source
{
public:
    explicit simulated_time(boost::asio::execution_context& owner) : time_source(owner) {}

    [[nodiscard]] time_point now() const noexcept override { return now_; }

    void expire_at(boost::asio::steady_timer& timer, time_point moment) override
    {
        forget(timer);
        timer.expires_at(time_point::max());
        waits_.push_back({&timer, moment});
    }

    void forget(boost::asio::steady_timer& timer) noexcept override
    {
        std::erase_if(waits_, [&timer](wait const& each) { return each.timer == &timer; });
    }

    /// Time passes, and the waits that it ends complete.
    void advance(std::chrono::nanoseconds duration)
    {
        now_ += duration;
        auto const is_over = [this](wait const& each) { return each.moment <= now_; };
        std::vector<wait> ended;
        std::ranges::copy_if(waits_, std::back_inserter(ended), is_over);
        std::erase_if(waits_, is_over);
        for (wait const& each : ended)
            each.timer->cancel();
    }

private:
    struct wait
    {
        boost::asio::steady_timer* timer;
        time_point moment;
    };

    time_point now_{std::chrono::hours(1)};
    std::vector<wait> waits_;
};

/// Makes time stand still on this executor's context. Call it before the context has a session.
inline simulated_time& simulate_time(boost::asio::any_io_executor const& executor)
{
    auto& context = boost::asio::query(executor, boost::asio::execution::context);
    if (!boost::asio::has_service<simulated_time>(context))
        boost::asio::make_service<simulated_time>(context);
    return boost::asio::use_service<simulated_time>(context);
}

/// The executor itself, for the constructor of a base: with time that stands still, QEMU is never asked again.
[[nodiscard]] inline boost::asio::any_io_executor without_time(boost::asio::any_io_executor executor)
{
    simulate_time(executor);
    return executor;
}

}  // namespace coqmp::test

#endif
