#include "supervision/offered_monitor.hpp"

#include "daemon/log/log_priority.hpp"

#include <coqmp/log_level.hpp>
#include <coqmp/monitor_proxy_options.hpp>

#include <string_view>
#include <utility>

namespace asio = boost::asio;
using coqmp_daemon::log_priority;

namespace coqmpd {

namespace {

coqmp::socket_access access_of(monitor_settings const& wanted)
{
    coqmp::socket_access result(wanted.mode);
    result.owner = wanted.owner;
    result.group = wanted.group;
    return result;
}

bool has_same_access(monitor_settings const& left, monitor_settings const& right)
{
    return left.mode == right.mode && left.owner == right.owner && left.group == right.group;
}

}  // namespace

offered_monitor::offered_monitor(asio::any_io_executor const& executor, std::string machine, coqmp::endpoint at,
                                 monitor_settings const& wanted, coqmp_daemon::logger& log)
    : machine_(std::move(machine)), at_(std::move(at)), log_(log), settings_(wanted), proxy_(executor, proxy_options(wanted.hold))
{
    take_policy(wanted);
    proxy_.listen(at_, access_of(wanted));
}

coqmp::monitor_proxy_options offered_monitor::proxy_options(bool hold)
{
    coqmp::monitor_proxy_options result;
    result.hold = hold;
    result.policy_for = [this](coqmp::monitor_client const&) { return policy_; };
    result.on_connected = [this](coqmp::monitor_client const& client) { note(client, "connected"); };
    result.on_disconnected = [this](coqmp::monitor_client const& client) { note(client, "disconnected"); };
    result.log = [this](coqmp::log_level level, std::string_view sentence) {
        log_.write(coqmp_daemon::priority_of(level), machine_, "monitor: " + std::string(sentence));
    };
    return result;
}

/// The user's number and not its name: looking up the name may block.
void offered_monitor::note(coqmp::monitor_client const& client, char const* what)
{
    if (!log_.writes(log_priority::info))
        return;
    std::string const user = client.user ? std::to_string(*client.user) : "unknown";
    log_.write(log_priority::info, machine_,
               "monitor: client " + std::to_string(client.number) + ", user " + user + ", process " +
                   std::to_string(client.process) + ": " + what);
}

void offered_monitor::take_policy(monitor_settings const& wanted)
{
    auto const policy = coqmp::monitor_policy::named(wanted.policy);  // the file was checked
    policy_ = policy ? std::make_shared<coqmp::monitor_policy const>(*policy) : nullptr;
}

void offered_monitor::apply(monitor_settings const& wanted)
{
    if (wanted == settings_)
        return;
    take_policy(wanted);
    proxy_.apply_policies();
    if (!has_same_access(wanted, settings_)) {
        proxy_.stop_listening(at_);
        proxy_.listen(at_, access_of(wanted));
    }
    settings_ = wanted;
}

}  // namespace coqmpd
