// A typical file of a user: one session, one coroutine. The benchmark measures the cost of compiling it without optimisation.
#include <coqmp/session.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(coqmp::session& vm)
{
    co_await vm.async_connect(coqmp::endpoint::parse("/run/vm.sock"));
    auto status = co_await vm.execute("query-status");
    std::cout << status << '\n';
}

int main()
{
    boost::asio::io_context context;
    coqmp::session vm{context.get_executor()};
    boost::asio::co_spawn(context, ask(vm), boost::asio::detached);
    context.run();
}
