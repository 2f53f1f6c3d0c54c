// Every wait can end, by its deadline or because the caller cancels it. The session continues either way, and drops a late reply.
// The error of an expired deadline says whether the command was sent: not_sent or outcome_unknown.
// usage: timeouts_and_cancellation ADDRESS
#include <coqmp/coqmp.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <iostream>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

asio::awaitable<void> talk(coqmp::endpoint monitor)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::session session{executor};
    co_await session.async_connect(monitor);

    // A deadline for one command. (session_options::command_timeout is the deadline of all others.)
    try {
        co_await session.execute_until(coqmp::command("query-status").timeout(50ms), "SHUTDOWN");
    } catch (boost::system::system_error const& error) {
        bool const late = error.code() == coqmp::errc::event_missing;  // the command itself has succeeded
        std::cout << "no SHUTDOWN within 50 ms: " << (late ? "timed out" : error.what()) << '\n';
    }

    // Wait for whichever comes first: || cancels the other. Cancelling a read loses no event.
    coqmp::event_stream events = session.subscribe();
    asio::steady_timer timer{executor, 50ms};
    auto const first = co_await (events.next() || timer.async_wait(asio::use_awaitable));
    std::cout << (first.index() == 0 ? "an event\n" : "no event within 50 ms\n");

    // A cancellation slot: for a button, a signal handler, or a request whose client has disconnected.
    asio::cancellation_signal cancel;
    session.async_execute("query-qmp-schema", asio::bind_cancellation_slot(cancel.slot(), [](auto error, auto const&) {
                              std::cout << (error == asio::error::operation_aborted ? "cancelled\n" : "answered\n");
                          }));
    cancel.emit(asio::cancellation_type::terminal);

    auto const status = co_await session.execute("query-status");
    std::cout << "the session continues: " << status.at("status") << '\n';
}

int main(int argc, char** argv)
{
    coqmp::run(talk(coqmp::endpoint::parse(argc == 2 ? argv[1] : "")));
}
