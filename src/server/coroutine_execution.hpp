// Commands that coroutines execute.
// Everything is inline, because the fake QEMU of coqmp::testing uses it too, and a shared library would hide it.
#ifndef COQMP_SRC_SERVER_COROUTINE_EXECUTION_HPP
#define COQMP_SRC_SERVER_COROUTINE_EXECUTION_HPP

#include "server/running_coroutines.hpp"

#include <coqmp/command_error.hpp>
#include <coqmp/command_failed.hpp>
#include <coqmp/monitor_request.hpp>
#include <coqmp/monitor_server.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/value.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace coqmp::detail {

/// The error that a client gets for an exception of its command's handler.
inline command_error error_of(std::exception_ptr const& thrown)
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

/// @param handler a copy of its own: it may be replaced or destroyed before the coroutine has ended
inline boost::asio::awaitable<void> execute_and_answer(monitor_server::coroutine handler, monitor_request request)
{
    std::exception_ptr failure;
    try {
        boost::json::value const value = co_await handler(request);
        request.answer(value);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure)
        request.fail(error_of(failure));
    // If the handler was cancelled before its first suspension, because it has ended its own server, then co_spawn() still has to
    // suspend. It would throw `operation_aborted` there, out of `io_context::run()`.
    co_await boost::asio::this_coro::throw_if_cancelled(false);
}

/// Starts to execute a command.
/// @param running cancels it
inline void start_execution(boost::asio::any_io_executor const& executor, std::shared_ptr<running_coroutines> running,
                            monitor_server::coroutine const& handler, monitor_request request)
{
    auto const signal = running->add();
    auto const done = [running = std::move(running), signal](std::exception_ptr) { running->remove(signal); };
    boost::asio::co_spawn(executor, execute_and_answer(handler, std::move(request)),
                          boost::asio::bind_cancellation_slot(signal->slot(), done));
}

}  // namespace coqmp::detail

#endif
