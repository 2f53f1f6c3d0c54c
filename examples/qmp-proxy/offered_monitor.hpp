// The monitor that is offered to clients: who may use it, where, and the record of what they did.
#ifndef QMP_PROXY_OFFERED_MONITOR_HPP
#define QMP_PROXY_OFFERED_MONITOR_HPP

#include "audit/audit_log.hpp"
#include "clients/access_rules.hpp"
#include "clients/dialed_clients.hpp"
#include "clients/listening_sockets.hpp"
#include "configuration/settings.hpp"
#include "daemon/log/logger.hpp"

#include <coqmp/monitor_proxy.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace qmp_proxy {

class offered_monitor
{
public:
    struct hooks
    {
        std::function<void()> clients_changed;
        std::function<void(std::string const&)> dial_failed;  ///< With a sentence.
    };

    /// Listens, but accepts no clients until use() is called.
    /// @throws boost::system::system_error
    offered_monitor(boost::asio::any_io_executor const& executor, settings const& wanted, coqmp_daemon::logger& log, hooks wants);
    offered_monitor(offered_monitor const&) = delete;
    offered_monitor& operator=(offered_monitor const&) = delete;

    /// Follows other settings from now on: policies, sockets, users, audit log. If this fails, everything stays as it was.
    /// @throws boost::system::system_error
    void apply(settings const& wanted);

    /// Clients talk to this session's QEMU.
    void use(coqmp::session const& upstream);

    /// The audit log's file may have been renamed.
    void reopen_audit();

    /// Accepts no more commands, and waits until those that were accepted have been answered.
    /// @return whether that took no longer than the time
    [[nodiscard]] boost::asio::awaitable<bool> drain(std::chrono::milliseconds most);

    void close() noexcept { proxy_.close(); }

    [[nodiscard]] std::size_t client_count() const noexcept { return proxy_.client_count(); }
    /// Whether QEMU has executed a client's `quit` since use().
    [[nodiscard]] bool has_quit() const noexcept { return has_quit_; }

private:
    coqmp::monitor_proxy_options proxy_options(settings const& wanted);
    [[nodiscard]] std::unique_ptr<audit_log> open_audit(std::string const& path) const;
    [[nodiscard]] access_rules::policy_pointer policy_for(coqmp::monitor_client const& client) const;
    void connected(coqmp::monitor_client const& client);
    void disconnected(coqmp::monitor_client const& client);
    void executed(coqmp::monitor_audit const& what);
    void announce(settings const& wanted, std::vector<coqmp::endpoint> const& addresses);

    coqmp_daemon::logger& log_;
    hooks hooks_;
    std::string audit_path_;
    std::unique_ptr<audit_log> audit_;
    access_rules rules_;
    bool has_quit_ = false;
    std::vector<std::string> announced_;
    boost::asio::any_io_executor executor_;
    coqmp::monitor_proxy proxy_;
    listening_sockets sockets_;
    dialed_clients dialed_;
};

}  // namespace qmp_proxy

#endif
