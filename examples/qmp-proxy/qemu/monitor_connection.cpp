#include "qemu/monitor_connection.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace qmp_proxy {

monitor_connection::monitor_connection(asio::any_io_executor executor, coqmp::session_options options)
    : session_(std::move(executor), std::move(options)), events_(session_.subscribe({"SHUTDOWN", "RESUME"}))
{}

asio::awaitable<error_code> monitor_connection::connect(coqmp::endpoint monitor)
{
    error_code error;
    co_await session_.async_connect(std::move(monitor), asio::redirect_error(asio::use_awaitable, error));
    begin_ = std::chrono::steady_clock::now();
    co_return error;
}

asio::awaitable<connection_end> monitor_connection::wait_for_end()
{
    connection_end result;
    // With -no-shutdown, a guest may have shut down and run again.
    while (std::optional<coqmp::event> const event = co_await events_.next())
        result.was_expected = event->name == "SHUTDOWN";
    coqmp::session_end const end = co_await session_.async_wait_closed(asio::use_awaitable);
    result.reason = end.reason;
    result.lasted = std::chrono::steady_clock::now() - begin_;
    co_return result;
}

std::string describe_failure(coqmp::endpoint const& monitor, error_code error, std::chrono::milliseconds patience)
{
    std::string const name = monitor.to_string();
    if (error == coqmp::errc::monitor_busy)
        return name + " is busy: it accepted the connection and said nothing for " + std::to_string(patience.count()) +
               " ms. A monitor serves one client at a time: is another one connected?";
    if (error == coqmp::errc::timed_out)
        return name + " was not ready within " + std::to_string(patience.count()) +
               " ms: it accepts connections but does not answer. Is it stopped, or does it hang?";
    if (error == coqmp::errc::not_qmp || error == coqmp::errc::not_json)
        return name + " does not speak QMP: is it a monitor with mode=control?";
    if (error == coqmp::errc::disconnected)
        return name + " closed the connection before it was ready";
    return "cannot connect to " + name + ": " + error.message();
}

}  // namespace qmp_proxy
