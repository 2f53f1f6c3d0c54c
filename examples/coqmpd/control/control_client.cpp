#include "control/control_client.hpp"

#include "reports/status_table.hpp"

#include <coqmp/command.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/value.hpp>

#include <exception>
#include <ostream>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;

namespace coqmpd {

namespace {

asio::awaitable<json::value> ask(std::string socket, coqmp::command request)
{
    coqmp::session daemon(co_await asio::this_coro::executor);
    coqmp::endpoint const address = coqmp::endpoint::unix_socket(std::move(socket));
    co_await daemon.async_connect(address);
    co_return co_await daemon.execute(std::move(request));
}

/// Runs until the daemon has answered.
json::value answer_to(std::string const& socket, coqmp::command request)
{
    asio::io_context context(1);
    json::value result;
    std::exception_ptr failure;
    asio::co_spawn(context, ask(socket, std::move(request)), [&](std::exception_ptr const& why, json::value const& answer) {
        failure = why;
        result = answer;
    });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
    return result;
}

}  // namespace

coqmp_daemon::exit_code show_status(std::string const& socket, std::ostream& out)
{
    out << status_table(answer_to(socket, coqmp::command("query-machines")));
    return out.flush() ? coqmp_daemon::exit_code::success : coqmp_daemon::exit_code::connection;
}

coqmp_daemon::exit_code shut_down_guests(std::string const& socket, std::chrono::milliseconds budget)
{
    coqmp::command request("machines-shutdown");
    request.with("timeout", std::chrono::ceil<std::chrono::seconds>(budget).count());
    request.timeout(std::chrono::nanoseconds::zero());  // the daemon keeps to the budget
    (void)answer_to(socket, std::move(request));
    return coqmp_daemon::exit_code::success;
}

}  // namespace coqmpd
