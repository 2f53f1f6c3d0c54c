// Whenever a session ends, a loop creates a new one, with growing pauses while it cannot connect. usage: reconnecting DIRECTORY
#include <coqmp/coqmp.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <iostream>

namespace asio = boost::asio;
using asio::experimental::awaitable_operators::operator||;
using namespace std::chrono_literals;

asio::awaitable<coqmp::session> connect(coqmp::endpoint monitor)
{
    for (auto pause = 10ms;; pause = std::min(2 * pause, 1000ms)) {
        coqmp::session session{co_await asio::this_coro::executor};
        auto const [refusal] = co_await session.async_connect(monitor, asio::as_tuple(asio::deferred));
        if (!refusal)
            co_return std::move(session);
        std::cout << "cannot connect: " << refusal.message() << ", next attempt in " << pause.count() << " ms\n";
        co_await asio::steady_timer(session.get_executor(), pause).async_wait(asio::deferred);
    }
}

asio::awaitable<void> watch(coqmp::endpoint monitor)
{
    coqmp::session session = co_await connect(monitor);
    for (int connections = 3; connections > 0;) {
        auto const [error, reply] = co_await session.async_execute("cont", asio::as_tuple(asio::deferred));
        if (error == coqmp::errc::outcome_unknown)
            std::cout << "the connection has ended, and QEMU may have executed the command\n";
        else if (error == coqmp::errc::not_sent && --connections > 0)
            session = co_await connect(monitor);  // QEMU has not seen the command, so it can be repeated
    }
}

asio::awaitable<void> replace_qemu(std::string monitor)
{
    coqmp::machine_spec spec;
    // Not wait=off: see "Why listen" in the README.
    spec.arguments = {"-M", "none", "-display", "none", "-S", "-qmp", monitor + ",server=on,wait=on"};
    for (;;) {
        coqmp::machine machine{co_await asio::this_coro::executor, spec};
        co_await machine.async_start();
        coqmp::event_stream resumed = machine.session().subscribe("RESUME");
        auto const status = co_await machine.session().execute("query-status");
        if (!status.at("running").as_bool())  // the other client may have sent "cont" before this session subscribed
            co_await resumed.next();
        ::kill(machine.pid(), SIGSTOP);  // now it hangs, with a command in flight
        co_await machine.async_shutdown(400ms);
    }
}

int main(int argc, char** argv)
{
    auto const monitor = coqmp::endpoint::unix_socket(std::string(argc == 2 ? argv[1] : ".") + "/monitor");
    asio::io_context context{1};
    asio::co_spawn(context, watch(monitor) || replace_qemu(monitor.to_string()), asio::detached);
    context.run();
    std::remove(monitor.path().c_str());  // a killed QEMU leaves its socket behind
}
