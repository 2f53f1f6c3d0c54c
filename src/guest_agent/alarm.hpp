// A timer of an executor's clock that calls a function at the earliest of several moments.
#ifndef COQMP_SRC_GUEST_AGENT_ALARM_HPP
#define COQMP_SRC_GUEST_AGENT_ALARM_HPP

#include "detail/time_source.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <optional>
#include <utility>

namespace coqmp::detail {

/// Used on its executor only.
class alarm
{
public:
    using time_point = time_source::time_point;

    explicit alarm(boost::asio::any_io_executor const& executor)
        : clock_(&time_source_of(executor)), timer_(std::in_place, executor)
    {}
    alarm(alarm const&) = delete;
    alarm& operator=(alarm const&) = delete;
    ~alarm() { reset(); }

    [[nodiscard]] time_point now() const noexcept { return clock_->now(); }

    /// Calls the function at this moment, if it is not already set for that or an earlier one. The function may be called too early:
    /// then is_due() is false.
    template <class Function>
    void set(time_point moment, Function function)
    {
        if (!timer_ || moment >= moment_)
            return;
        clock_->expire_at(*timer_, moment);
        timer_->async_wait([called = std::move(function)](boost::system::error_code) { called(); });
        moment_ = moment;
    }

    /// Whether the moment has come. It is then no longer set.
    [[nodiscard]] bool is_due() noexcept
    {
        if (!timer_ || moment_ > now())
            return false;
        moment_ = time_point::max();
        return true;
    }

    void cancel()
    {
        if (timer_)
            timer_->cancel();
        moment_ = time_point::max();
    }

    /// The execution context ends: destroys the timer.
    void reset() noexcept
    {
        if (timer_)
            clock_->forget(*timer_);
        timer_.reset();
    }

private:
    time_source* clock_;
    std::optional<boost::asio::steady_timer> timer_;
    time_point moment_ = time_point::max();
};

}  // namespace coqmp::detail

#endif
