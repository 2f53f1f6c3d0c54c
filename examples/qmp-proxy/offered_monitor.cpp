#include "offered_monitor.hpp"

#include "audit/audit_line.hpp"
#include "daemon/access/client_description.hpp"
#include "daemon/access/policy_table.hpp"
#include "daemon/log/log_priority.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;
using coqmp_daemon::log_priority;

namespace qmp_proxy {

offered_monitor::offered_monitor(asio::any_io_executor const& executor, settings const& wanted, coqmp_daemon::logger& log,
                                 hooks wants)
    : log_(log),
      hooks_(std::move(wants)),
      executor_(executor),
      proxy_(executor, proxy_options(wanted)),
      sockets_(proxy_),
      dialed_(proxy_, log, hooks_.dial_failed)
{
    apply(wanted);
}

coqmp::monitor_proxy_options offered_monitor::proxy_options(settings const& wanted)
{
    coqmp::monitor_proxy_options result;
    result.policy_for = [this](coqmp::monitor_client const& client) { return policy_for(client); };
    result.hold = wanted.hold;
    result.most_clients = wanted.limits.clients;
    result.max_message_size = static_cast<std::size_t>(wanted.limits.message_size);
    result.event_bytes = static_cast<std::size_t>(wanted.limits.event_memory);
    result.on_connected = [this](coqmp::monitor_client const& client) { connected(client); };
    result.on_disconnected = [this](coqmp::monitor_client const& client) { disconnected(client); };
    result.audit = [this](coqmp::monitor_audit const& what) { executed(what); };
    result.log = [this](coqmp::log_level level, std::string_view sentence) {
        log_.write(coqmp_daemon::priority_of(level), "clients", sentence);
    };
    return result;
}

// ---- Settings --------------------------------------------------------------------------------------------------------------

void offered_monitor::apply(settings const& wanted)
{
    bool const moves_audit = wanted.audit != audit_path_;
    std::unique_ptr<audit_log> audit = moves_audit && !wanted.audit.empty() ? open_audit(wanted.audit) : nullptr;
    std::vector<coqmp::endpoint> const addresses = sockets_.apply(wanted.listen);

    coqmp_daemon::policy_table const policies(wanted.policies);
    access_rules rules;
    for (std::size_t index = 0; index < addresses.size(); ++index)
        rules.add(addresses[index], wanted.listen[index], policies);
    for (dial_settings const& each : wanted.dial)
        rules.add(*each.address.value, each, policies);
    rules_ = std::move(rules);
    if (moves_audit) {
        audit_ = std::move(audit);
        audit_path_ = wanted.audit;
    }
    announce(wanted, addresses);
    proxy_.apply_policies();
    dialed_.apply(wanted.dial);
}

/// Logs the sockets that are new, or have another policy.
void offered_monitor::announce(settings const& wanted, std::vector<coqmp::endpoint> const& addresses)
{
    std::vector<std::string> lines;
    for (std::size_t index = 0; index < addresses.size(); ++index) {
        coqmp::endpoint const& address = addresses[index];
        std::string line = "listening at " + address.to_string() + ", policy " + wanted.listen[index].policy.value;
        if (address.is_tcp())
            line += "; everyone who can connect to this port has it";
        lines.push_back(std::move(line));
    }
    for (std::string const& each : lines)
        if (std::ranges::find(announced_, each) == announced_.end())
            log_.write(log_priority::notice, each);
    announced_ = std::move(lines);
}

std::unique_ptr<audit_log> offered_monitor::open_audit(std::string const& path) const
{
    auto const reported = [executor = executor_, &log = log_, path](error_code error, std::uint64_t lost) {
        std::string sentence = "the audit log " + path + " can be written again; lines lost so far: " + std::to_string(lost);
        if (error)
            sentence = "cannot write the audit log " + path + ": " + error.message() + "; commands are executed without a record";
        auto const priority = error ? log_priority::error : log_priority::notice;
        asio::post(executor, [&log, priority, sentence] { log.write(priority, sentence); });
    };
    return std::make_unique<audit_log>(path, reported);
}

void offered_monitor::reopen_audit()
{
    if (audit_)
        audit_->reopen();
}

// ---- QEMU ------------------------------------------------------------------------------------------------------------------

void offered_monitor::use(coqmp::session const& upstream)
{
    has_quit_ = false;
    proxy_.use(upstream);
    dialed_.begin();
}

asio::awaitable<bool> offered_monitor::drain(std::chrono::milliseconds most)
{
    auto const give_up = std::make_shared<asio::cancellation_signal>();  // the timer may have fired when the drain completes
    asio::steady_timer limit(executor_, most);
    limit.async_wait([give_up](error_code error) {
        if (!error)
            give_up->emit(asio::cancellation_type::terminal);
    });
    error_code error;
    auto token = asio::bind_cancellation_slot(give_up->slot(), asio::redirect_error(asio::use_awaitable, error));
    co_await proxy_.async_drain(std::move(token));
    limit.cancel();
    co_return !error;
}

// ---- Clients ---------------------------------------------------------------------------------------------------------------

access_rules::policy_pointer offered_monitor::policy_for(coqmp::monitor_client const& client) const
{
    auto policy = rules_.policy_for(client);
    if (!policy)
        log_.write(log_priority::warning, client.server.to_string(),
                   coqmp_daemon::describe(client) + ", was disconnected: no policy applies to it");
    return policy;
}

void offered_monitor::connected(coqmp::monitor_client const& client)
{
    auto const policy = rules_.policy_for(client);
    log_.write(log_priority::info, client.server.to_string(),
               coqmp_daemon::describe(client) + ", connected with the policy " + (policy ? policy->name() : no_policy));
    hooks_.clients_changed();
}

void offered_monitor::disconnected(coqmp::monitor_client const& client)
{
    log_.write(log_priority::info, client.server.to_string(), coqmp_daemon::describe(client) + ", disconnected");
    dialed_.has_left(client);
    hooks_.clients_changed();
}

void offered_monitor::executed(coqmp::monitor_audit const& what)
{
    if (what.command == "quit" && what.error_class.empty())
        has_quit_ = true;
    if (audit_)
        audit_->write(audit_line(what, std::chrono::system_clock::now()));
}

}  // namespace qmp_proxy
