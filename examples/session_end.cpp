// How a session ends: this side closes it, or QEMU does. async_wait_closed() says which.
// usage: session_end ADDRESS
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> report_end(coqmp::session& session)
{
    coqmp::session_end const end = co_await session.async_wait_closed();
    if (end.was_closed_here())
        std::cout << "this side closed the session\n";
    else
        std::cout << "the session ended: " << end.reason.message() << '\n';
}

asio::awaitable<void> talk(coqmp::endpoint monitor)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::session first{executor};
    co_await first.async_connect(monitor);
    asio::co_spawn(executor, report_end(first), asio::detached);
    co_await first.async_close();  // QEMU runs on, and its monitor is free for the next client

    coqmp::session second{executor};
    co_await second.async_connect(monitor);
    co_await second.quit();
    co_await report_end(second);  // QEMU exits after it has replied
}

int main(int argc, char** argv)
{
    coqmp::run(talk(coqmp::endpoint::parse(argc == 2 ? argv[1] : "")));
}
