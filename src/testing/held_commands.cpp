#include "testing/held_commands.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace asio = boost::asio;
using boost::system::system_error;

namespace coqmp::testing::detail {

held_commands::held_commands(asio::any_io_executor const& executor)
    : change_(executor, std::chrono::steady_clock::time_point::max())
{}

void held_commands::add(monitor_request request)
{
    commands_.push_back(std::move(request));
    change_.cancel();
}

asio::awaitable<monitor_request> held_commands::expect(std::string name)
{
    auto const self = shared_from_this();
    while (commands_.empty() && !has_ended_) {
        co_await change_.async_wait(asio::as_tuple(asio::deferred));
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            throw system_error(asio::error::operation_aborted);
    }
    if (has_ended_)
        throw system_error(make_error_code(errc::disconnected), "the fake QEMU expected " + name + ", but it has ended");
    if (commands_.front().name() != name)
        throw std::runtime_error("the fake QEMU expected " + name + " and got " + commands_.front().name());
    monitor_request result = std::move(commands_.front());
    commands_.pop_front();
    co_return std::move(result);
}

std::deque<monitor_request> held_commands::release()
{
    holds_all_ = false;
    names_.clear();
    return std::exchange(commands_, {});
}

void held_commands::end()
{
    has_ended_ = true;
    change_.cancel();
}

}  // namespace coqmp::testing::detail
