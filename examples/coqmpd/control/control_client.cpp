#include "control/control_client.hpp"

#include "daemon/program.hpp"
#include "reports/status_table.hpp"

#include <coqmp/command.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <ostream>
#include <stdexcept>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;

namespace coqmpd {

namespace {

using coqmp_daemon::exit_code;

/// Its text is one sentence.
class no_connection : public std::runtime_error
{
public:
    no_connection(std::string const& socket, boost::system::error_code error)
        : std::runtime_error("cannot connect to " + socket + ": " + error.message() +
                             (says_absent(error) ? "; is the daemon running?" : "")),
          is_absent_(says_absent(error))
    {}

    /// Whether there is no daemon.
    [[nodiscard]] bool is_absent() const noexcept { return is_absent_; }

private:
    static bool says_absent(boost::system::error_code error)
    {
        return error == boost::system::errc::no_such_file_or_directory || error == boost::system::errc::connection_refused;
    }

    bool is_absent_;
};

asio::awaitable<json::value> ask(std::string socket, coqmp::command request)
{
    coqmp::session daemon(co_await asio::this_coro::executor);
    coqmp::endpoint const address = coqmp::endpoint::unix_socket(socket);
    boost::system::error_code error;
    co_await daemon.async_connect(address, asio::redirect_error(asio::use_awaitable, error));
    if (error)
        throw no_connection(socket, error);
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

exit_code report(no_connection const& failure)
{
    coqmp_daemon::print_error("coqmpd", failure.what());
    return exit_code::connection;
}

}  // namespace

exit_code show_status(std::string const& socket, std::ostream& out)
try {
    out << status_table(answer_to(socket, coqmp::command("query-machines")));
    return coqmp_daemon::finish_output("coqmpd", out);
} catch (no_connection const& failure) {
    return report(failure);
}

std::optional<exit_code> shut_down_guests(std::string const& socket, std::chrono::milliseconds budget)
try {
    coqmp::command request("machines-shutdown");
    request.with("timeout", std::chrono::ceil<std::chrono::seconds>(budget).count());
    request.timeout(std::chrono::nanoseconds::zero());  // the daemon keeps to the budget
    (void)answer_to(socket, request);
    return exit_code::success;
} catch (no_connection const& failure) {
    return failure.is_absent() ? std::nullopt : std::optional(report(failure));
}

}  // namespace coqmpd
