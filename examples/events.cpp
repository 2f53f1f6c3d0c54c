// Events arrive in streams. Each reader has its own, which begins with subscribe(), so subscribe before you send the command.
// usage: events ADDRESS        (of a QEMU that this program may resume, stop and end)
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <iostream>

namespace asio = boost::asio;

void rethrow(std::exception_ptr failure)
{
    if (failure)
        std::rethrow_exception(failure);
}

asio::awaitable<void> print(coqmp::event_stream events)
{
    // next() returns nothing once the session has ended. A reader that is too slow loses the oldest events, and learns how many.
    while (auto event = co_await events.next())
        std::cout << "log: " << *event << (event->lost_before > 0 ? " (earlier events were lost)" : "") << '\n';
    std::cout << "log: the end\n";
}

asio::awaitable<void> run(coqmp::endpoint monitor)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::session session{executor};
    co_await session.async_connect(monitor);
    asio::co_spawn(executor, print(session.subscribe()), rethrow);  // every event

    coqmp::event_stream changes = session.subscribe({"RESUME", "STOP"});  // only these two
    co_await session.execute("cont");
    co_await session.execute("stop");
    coqmp::event const first = co_await changes.async_next();
    coqmp::event const second = co_await changes.async_next();
    std::cout << "changes: " << first.name << ", then " << second.name << '\n';

    // Send a command and wait for the event that it causes, in one call. A filter can also compare members of the event's data.
    coqmp::event const reset = co_await session.execute_until("system_reset", coqmp::event_filter("RESET").with("guest", false));
    std::cout << "the reason for the reset: " << reset.data.at("reason") << '\n';

    co_await session.quit();  // ends QEMU, and with it the session and all its streams
}

int main(int argc, char** argv)
try {
    if (argc != 2) {
        std::cerr << "usage: events ADDRESS\n";
        return 2;
    }
    asio::io_context context;
    asio::co_spawn(context, run(coqmp::endpoint::parse(argv[1])), rethrow);
    context.run();
} catch (std::exception const& error) {
    std::cerr << "events: " << error.what() << '\n';
    return 1;
}
