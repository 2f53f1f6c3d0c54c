// A proxy between a peer that follows a test's script and raw clients.
#ifndef COQMP_TEST_SUPPORT_PROXIED_MONITOR_HPP
#define COQMP_TEST_SUPPORT_PROXIED_MONITOR_HPP

#include "support/fake_peer.hpp"
#include "support/spawned.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/monitor_policy.hpp>
#include <coqmp/monitor_proxy.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace coqmp::test {

/// Everything is allowed, unless a test says otherwise.
inline monitor_proxy_options allowing_all()
{
    monitor_proxy_options options;
    auto const all = std::make_shared<monitor_policy const>(monitor_policy::all());
    options.policy_for = [all](monitor_client const&) { return all; };
    return options;
}

class proxied_monitor
{
public:
    explicit proxied_monitor(boost::asio::any_io_executor const& executor, monitor_proxy_options options = allowing_all())
        : peer(fake_peer::pair(executor)),
          upstream(executor),
          proxy(executor, std::move(options)),
          address(proxy.listen(endpoint::unix_socket((directory_.path() / "proxy").native())))
    {}

    /// Negotiates with the peer, and gives the session to the proxy.
    boost::asio::awaitable<void> connect()
    {
        spawned<void> answering(upstream.get_executor(), peer.handshake());
        co_await upstream.async_connect(peer.address(), boost::asio::use_awaitable);
        co_await answering.done();
        proxy.use(upstream);
    }

private:
    temporary_directory directory_;

public:
    fake_peer peer;
    session upstream;
    monitor_proxy proxy;
    endpoint const address;
};

}  // namespace coqmp::test

#endif
