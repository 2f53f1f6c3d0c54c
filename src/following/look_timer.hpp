// When to look next at what QEMU says of something that it runs.
// Invariant: the timer uses the clock of its execution context, and is destroyed before that clock is.
#ifndef COQMP_SRC_FOLLOWING_LOOK_TIMER_HPP
#define COQMP_SRC_FOLLOWING_LOOK_TIMER_HPP

#include "detail/time_source.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace coqmp::detail {

/// Used on its executor only.
class look_timer
{
public:
    explicit look_timer(boost::asio::any_io_executor const& executor);
    look_timer(look_timer const&) = delete;
    look_timer& operator=(look_timer const&) = delete;
    ~look_timer() { reset(); }

    [[nodiscard]] time_source::time_point now() const noexcept { return clock_->now(); }

    /// Calls the function when this time has passed since the last look, in place of what was armed before. The function may be
    /// called too early: then is_due() is false.
    /// @param pause none: never
    template <class Function>
    void arm(std::optional<std::chrono::nanoseconds> pause, Function on_time)
    {
        if (set(pause))
            timer_->async_wait([called = std::move(on_time)](boost::system::error_code) { called(); });
    }

    /// Whether it is time to look. If so, this moment becomes the time of the last look.
    [[nodiscard]] bool is_due() noexcept;

    /// The execution context, or what is followed, ends: destroys the timer.
    void reset() noexcept;

private:
    /// @return whether there is now something to wait for
    [[nodiscard]] bool set(std::optional<std::chrono::nanoseconds> pause);

    time_source* clock_;
    std::optional<boost::asio::steady_timer> timer_;
    time_source::time_point armed_for_ = time_source::time_point::max();
    time_source::time_point last_look_;
};

}  // namespace coqmp::detail

#endif
