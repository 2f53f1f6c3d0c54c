// Ends a machine, the gentlest way that works within a budget.
// Invariant: a step ends when its share of the budget is over, when it has worked or when it cannot work; the last step,
// SIGKILL, always works.
#ifndef COQMP_SRC_MACHINE_SHUTDOWN_LADDER_HPP
#define COQMP_SRC_MACHINE_SHUTDOWN_LADDER_HPP

#include "session/session_impl.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace coqmp::detail {

/// One shutdown. Used on its executor only. The machine calls stop() when the process has ended.
class shutdown_ladder : public std::enable_shared_from_this<shutdown_ladder>
{
public:
    /// @param signal sends a signal to the process
    /// @param budget zero: no limit; negative: used up
    shutdown_ladder(boost::asio::any_io_executor const& executor, std::shared_ptr<session_impl> monitor,
                    std::function<void(int)> signal, std::chrono::nanoseconds budget);

    void start();
    void stop() noexcept;

private:
    enum class rung : std::uint8_t { powerdown, quit, terminate, kill, stopped };
    using clock = std::chrono::steady_clock;

    void descend(rung next);
    void await_guest();
    /// Continues with the next step if the guest does not run: it has shut down, or cannot react to its power button.
    /// @param otherwise runs otherwise
    void leave_if_it_does_not_run(std::function<void(boost::system::error_code)> otherwise);
    void press_power_button();
    void execute(char const* name, std::function<void(boost::system::error_code, reply)> done);
    [[nodiscard]] clock::time_point end_of(rung which) const noexcept;

    std::shared_ptr<session_impl> monitor_;
    std::shared_ptr<subscription> guest_;  ///< Receives its SHUTDOWN event while the ladder waits for that.
    std::function<void(int)> signal_;
    clock::time_point const begin_;
    std::chrono::nanoseconds const budget_;
    boost::asio::steady_timer timer_;
    rung rung_ = rung::powerdown;
};

}  // namespace coqmp::detail

#endif
