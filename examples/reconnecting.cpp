// A session is one connection; when it ends, a loop makes a new one, with a pause that grows while nobody answers. Commands
// are not carried over: one that was not_sent is safe to repeat, after outcome_unknown look first what became of it.
// usage: reconnecting DIRECTORY        (for the socket of a QEMU that is launched, and replaced until we saw three)
#include <coqmp/coqmp.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

asio::awaitable<coqmp::session> connect(coqmp::endpoint monitor)
{
    auto const executor = co_await asio::this_coro::executor;
    for (auto pause = 10ms;; pause = std::min(2 * pause, 1000ms)) {
        coqmp::session session{executor};
        auto const [refusal] = co_await session.async_connect(monitor, asio::as_tuple(asio::deferred));
        if (!refusal)
            co_return std::move(session);
        std::cout << "no QEMU: " << refusal.message() << "; again in " << pause.count() << " ms\n";
        co_await asio::steady_timer(executor, pause).async_wait(asio::deferred);
    }
}

asio::awaitable<void> stay_connected(coqmp::endpoint monitor, int& lives)
{
    for (; lives > 0; --lives) {
        coqmp::session session = co_await connect(monitor);
        auto const why = co_await session.async_wait_closed();
        auto const [error, reply] = co_await session.async_execute("query-status", asio::as_tuple(asio::deferred));
        std::cout << "session ended: " << why.message() << (error == coqmp::errc::not_sent ? "; not sent, repeat it\n" : "\n");
    }
}

asio::awaitable<void> replace_qemu(std::string monitor, int const& lives)
{
    coqmp::machine_spec spec;
    spec.arguments = {"-M", "none", "-display", "none", "-qmp", monitor + ",server=on,wait=off"};
    auto const executor = co_await asio::this_coro::executor;
    while (lives > 0) {
        coqmp::machine machine{executor, spec};
        co_await machine.async_start();
        co_await asio::steady_timer(executor, 200ms).async_wait(asio::deferred);
        co_await machine.async_shutdown(400ms);
    }
}

int main(int argc, char** argv)
{
    auto const monitor = coqmp::endpoint::unix_socket(std::filesystem::path(argc == 2 ? argv[1] : ".") / "monitor");
    int lives = 3;
    asio::thread_pool pool{1};
    asio::co_spawn(pool, stay_connected(monitor, lives) && replace_qemu(monitor.to_string(), lives), asio::use_future).get();
}
