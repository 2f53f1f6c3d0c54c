// A proxy in front of a monitor, and nothing else: all of its cost is the library's.
// usage: proxy SOCKET LISTENING
//
// Prints a line as soon as it listens, and ends at the end of its standard input.
#include <coqmp/monitor_policy.hpp>
#include <coqmp/monitor_proxy.hpp>
#include <coqmp/run.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

namespace {

namespace asio = boost::asio;

asio::awaitable<void> serve(std::string upstream, std::string listening)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::session client(executor);
    co_await client.async_connect(coqmp::endpoint::unix_socket(upstream));
    auto const everything = std::make_shared<coqmp::monitor_policy const>(coqmp::monitor_policy::all());
    coqmp::monitor_proxy_options options;
    options.policy_for = [everything](coqmp::monitor_client const&) { return everything; };
    options.most_clients = 10000;
    coqmp::monitor_proxy proxy(executor, options);
    proxy.use(client);
    proxy.listen(coqmp::endpoint::unix_socket(listening));
    std::cout << "ready" << std::endl;
    asio::posix::stream_descriptor input(executor, ::dup(STDIN_FILENO));
    co_await input.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::deferred));
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc == 3)
        return coqmp::run_program("proxy", serve(argv[1], argv[2]));
    std::cerr << "usage: proxy SOCKET LISTENING\n";
    return EXIT_FAILURE;
}
