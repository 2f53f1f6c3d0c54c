// Ends a machine, the gentlest way that works within a budget.
// Invariant: a rung is left when its share is over, when it has worked or when it cannot work; the last one, SIGKILL, always works.
#ifndef COQMP_SRC_SHUTDOWN_LADDER_HPP
#define COQMP_SRC_SHUTDOWN_LADDER_HPP

#include "session_state.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace coqmp::detail {

/// One descent. Used on its executor only. Who sees the process end calls stop().
class shutdown_ladder : public std::enable_shared_from_this<shutdown_ladder>
{
public:
    /// @param signal sends a signal to the process
    shutdown_ladder(boost::asio::any_io_executor const& executor, std::shared_ptr<session_state> monitor,
                    std::function<void(int)> signal, std::chrono::nanoseconds budget);

    void start();
    void stop() noexcept;

private:
    enum class rung : std::uint8_t { powerdown, quit, terminate, kill, stopped };
    using clock = std::chrono::steady_clock;

    void descend(rung next);
    void await_guest();
    /// Goes on if the guest does not run: because it has shut down, or because it cannot react to its power button.
    /// @param otherwise is done else
    void leave_if_it_does_not_run(std::function<void(boost::system::error_code)> otherwise);
    void press_power_button();
    void execute(char const* name, std::function<void(boost::system::error_code, reply)> done);
    [[nodiscard]] clock::time_point end_of(rung which) const noexcept;

    std::shared_ptr<session_state> monitor_;
    std::shared_ptr<subscription> guest_;  ///< Its SHUTDOWN event, while that is waited for.
    std::function<void(int)> signal_;
    clock::time_point const begin_;
    std::chrono::nanoseconds const budget_;
    boost::asio::steady_timer timer_;
    rung rung_ = rung::powerdown;
};

}  // namespace coqmp::detail

#endif
