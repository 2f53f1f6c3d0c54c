#include "supervision/offered_monitor.hpp"

#include "daemon/access/access_settings.hpp"
#include "daemon/access/client_description.hpp"
#include "daemon/access/listen_again.hpp"
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
    coqmp::socket_access result;
    result.mode = wanted.mode.value_or(result.mode);
    result.owner = wanted.owner;
    result.group = wanted.group;
    return result;
}

}  // namespace

offered_monitor::offered_monitor(asio::any_io_executor const& executor, std::string machine, coqmp::endpoint at,
                                 monitor_settings const& wanted, coqmp_daemon::logger& log)
    : machine_(std::move(machine)),
      at_(std::move(at)),
      log_(log),
      settings_(wanted),
      proxy_(executor, proxy_options(wanted.hold.value_or(true)))
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

void offered_monitor::note(coqmp::monitor_client const& client, char const* what)
{
    log_.write(log_priority::info, machine_, "monitor: " + coqmp_daemon::describe(client) + ", " + what);
}

void offered_monitor::take_policy(monitor_settings const& wanted)
{
    auto const policy =
        coqmp::monitor_policy::named(wanted.policy.value_or(coqmp_daemon::default_policy));  // the file was checked
    policy_ = policy ? std::make_shared<coqmp::monitor_policy const>(*policy) : nullptr;
}

void offered_monitor::apply(monitor_settings const& wanted)
{
    if (wanted == settings_)
        return;
    take_policy(wanted);
    proxy_.apply_policies();
    if (access_of(wanted) != access_of(settings_))
        coqmp_daemon::listen_again(proxy_, at_, access_of(settings_), access_of(wanted));
    settings_ = wanted;
}

}  // namespace coqmpd
