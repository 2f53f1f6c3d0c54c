// Two things about cancelled coroutines: how they still clean up, and how a wait for a signal ends when the work beside it fails.
// usage: cancellation ADDRESS
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

asio::awaitable<void> work_while_the_guest_is_paused(coqmp::session& vm)
{
    co_await vm.execute("stop");
    std::exception_ptr failure;
    try {
        co_await vm.execute_until("query-status", "SHUTDOWN");  // long work, which is cancelled
    } catch (...) {
        failure = std::current_exception();  // a catch block cannot contain co_await, so the cleanup comes after it
    }
    // Once a coroutine is cancelled, each co_await in it throws at once. Without this line, `cont` would never be sent.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await vm.execute("cont");
    std::cout << (failure ? "cancelled" : "done") << "; the guest runs again\n";
}

// If `a` throws, `a || b` waits for `b`, and a signal may never come. So the exception becomes a result.
asio::awaitable<std::exception_ptr> outcome_of(asio::awaitable<void> work)
try {
    co_await std::move(work);
    co_return nullptr;
} catch (...) {
    co_return std::current_exception();
}

asio::awaitable<void> run(coqmp::endpoint monitor)
{
    coqmp::session vm{co_await asio::this_coro::executor};
    co_await vm.async_connect(monitor);
    asio::steady_timer timer(vm.get_executor(), std::chrono::milliseconds(50));
    co_await (work_while_the_guest_is_paused(vm) || timer.async_wait(asio::use_awaitable));
    asio::signal_set signals(vm.get_executor(), SIGINT, SIGTERM);
    auto unknown = [&vm]() -> asio::awaitable<void> { co_await vm.execute("no-such-command"); };
    auto const first = co_await (outcome_of(unknown()) || signals.async_wait(asio::use_awaitable));
    std::cout << (first.index() == 0 ? "the work failed, so the wait for the signal was cancelled\n" : "a signal came first\n");
}

int main(int argc, char** argv)
{
    asio::io_context context;
    auto done = asio::co_spawn(context, run(coqmp::endpoint::parse(argc == 2 ? argv[1] : "")), asio::use_future);
    context.run();
    done.get();
}
