#include "server/coroutine_handler.hpp"

#include "server/client_connection.hpp"
#include "server/request_impl.hpp"

#include <coqmp/command_error.hpp>
#include <coqmp/command_failed.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;

namespace coqmp::detail {

namespace {

command_error error_of(std::exception_ptr const& thrown)
{
    try {
        std::rethrow_exception(thrown);
    } catch (command_failed const& failure) {
        return failure.error();
    } catch (std::exception const& failure) {
        return {"GenericError", failure.what()};
    } catch (...) {
        return {"GenericError", "The command failed"};
    }
}

/// @param handler a copy of its own: the server may be destroyed before the coroutine has ended
asio::awaitable<void> execute_and_answer(monitor_server::coroutine handler, monitor_request request)
{
    std::exception_ptr failure;
    try {
        json::value const value = co_await handler(request);
        request.answer(value);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure)
        request.fail(error_of(failure));
}

}  // namespace

monitor_server::callback as_callback(monitor_server::coroutine handler)
{
    return [handler = std::move(handler)](monitor_request request) {
        auto const connection = impl_of(request).connection.lock();
        if (!connection)
            return;
        auto const signal = connection->coroutines().add();
        auto const done = [connection, signal](std::exception_ptr) { connection->coroutines().remove(signal); };
        asio::co_spawn(connection->executor(), execute_and_answer(handler, std::move(request)),
                       asio::bind_cancellation_slot(signal->slot(), done));
    };
}

}  // namespace coqmp::detail
