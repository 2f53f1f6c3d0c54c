// A monitor server on a socket of its own, for tests.
#ifndef COQMP_TEST_SUPPORT_SERVED_MONITOR_HPP
#define COQMP_TEST_SUPPORT_SERVED_MONITOR_HPP

#include "support/temporary_directory.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/monitor_server.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <utility>

namespace coqmp::test {

/// Greets as QEMU 7.2 does, and offers `oob`.
inline monitor_server_options like_qemu()
{
    monitor_server_options options;
    options.greeting.version.major = 7;
    options.greeting.version.minor = 2;
    options.greeting.capabilities = {"oob"};
    return options;
}

/// Add handlers before a client connects.
class served_monitor
{
public:
    explicit served_monitor(boost::asio::any_io_executor const& executor, monitor_server_options options = like_qemu())
        : server(executor, std::move(options)),
          address(server.listen(endpoint::unix_socket((directory_.path() / "monitor").native())))
    {}

private:
    temporary_directory directory_;

public:
    monitor_server server;
    endpoint const address;
};

/// A session that is connected to the monitor.
inline boost::asio::awaitable<session> connect_to(endpoint monitor, session_options options = {})
{
    session client{co_await boost::asio::this_coro::executor, std::move(options)};
    co_await client.async_connect(std::move(monitor));
    co_return std::move(client);
}

}  // namespace coqmp::test

#endif
