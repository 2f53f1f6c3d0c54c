// A proxy between a peer that follows a test's script and raw clients.
#ifndef COQMP_TEST_SUPPORT_PROXIED_MONITOR_HPP
#define COQMP_TEST_SUPPORT_PROXIED_MONITOR_HPP

#include "support/fake_peer.hpp"
#include "support/spawned.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/monitor_audit.hpp>
#include <coqmp/monitor_policy.hpp>
#include <coqmp/monitor_proxy.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coqmp::test {

/// Everything is allowed, unless a test says otherwise.
inline monitor_proxy_options allowing_all()
{
    monitor_proxy_options options;
    auto const all = std::make_shared<monitor_policy const>(monitor_policy::all());
    options.policy_for = [all](monitor_client const&) { return all; };
    return options;
}

inline std::string command_text(std::string const& name)
{
    return R"({"execute":")" + name + "\"}";
}

/// What the audit hook has seen: `COMMAND OUTCOME`.
class audit_book
{
public:
    monitor_proxy_options options()
    {
        auto result = allowing_all();
        result.audit = [this](monitor_audit const& record) {
            lines.push_back(std::string(record.command) + ' ' + outcome_of(record));
        };
        return result;
    }

    std::vector<std::string> lines;

private:
    static std::string outcome_of(monitor_audit const& record)
    {
        std::string const error(record.error_class.empty() ? "ok" : record.error_class);
        return (record.was_refused ? "refused " : "") + error +
               (record.was_dropped ? " dropped"
                : record.has_left  ? " left"
                                   : "");
    }
};

/// `, "id": 5` as QEMU writes it in a reply; nothing for a command that had none.
inline std::string id_member(boost::json::value const& id)
{
    return id.is_null() ? "" : ", \"id\": " + boost::json::serialize(id);
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
