// Ends a machine, the gentlest way that works within a budget.
// Invariant: a rung is left when its share is over or when it cannot work; the last one, SIGKILL, always works.
#ifndef COQMP_SRC_SHUTDOWN_LADDER_HPP
#define COQMP_SRC_SHUTDOWN_LADDER_HPP

#include <coqmp/session.hpp>

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
    /// @param monitor must live until stop()
    /// @param signal sends a signal to the process
    shutdown_ladder(boost::asio::any_io_executor const& executor, session& monitor, std::function<void(int)> signal,
                    std::chrono::nanoseconds budget);

    void start();
    void stop() noexcept;

private:
    enum class rung : std::uint8_t { powerdown, quit, terminate, kill, stopped };
    using clock = std::chrono::steady_clock;

    void descend(rung next);
    void ask_whether_it_runs();
    void execute(char const* name, std::function<void(boost::system::error_code, reply)> done);
    [[nodiscard]] clock::time_point end_of(rung which) const noexcept;

    session& monitor_;
    std::function<void(int)> signal_;
    clock::time_point const begin_;
    std::chrono::nanoseconds const budget_;
    boost::asio::steady_timer timer_;
    rung rung_ = rung::powerdown;
};

}  // namespace coqmp::detail

#endif
