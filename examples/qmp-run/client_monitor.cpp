#include "client_monitor.hpp"

#include "daemon/log/log_priority.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace asio = boost::asio;
using coqmp_daemon::log_priority;

namespace qmp_run {

namespace {

constexpr std::string_view log_source = "monitor";

}  // namespace

client_monitor::client_monitor(asio::any_io_executor const& executor, std::vector<monitor_option> const& wanted,
                               coqmp_daemon::logger& log)
    : log_(log), proxy_(executor, proxy_options())
{
    for (monitor_option const& each : wanted) {
        coqmp::endpoint const address = proxy_.listen(each.address);
        policies_.emplace_back(address, std::make_shared<coqmp::monitor_policy const>(each.policy));
        std::string line = "listening at " + address.to_string() + ", policy " + each.policy.name();
        if (address.is_tcp())
            line += "; everyone who can connect to this port has it";
        log_.write(log_priority::notice, log_source, line);
    }
}

coqmp::monitor_proxy_options client_monitor::proxy_options()
{
    coqmp::monitor_proxy_options result;
    result.policy_for = [this](coqmp::monitor_client const& client) { return policy_for(client); };
    result.log = [this](coqmp::log_level level, std::string_view sentence) {
        log_.write(coqmp_daemon::priority_of(level), log_source, sentence);
    };
    return result;
}

client_monitor::policy_pointer client_monitor::policy_for(coqmp::monitor_client const& client) const
{
    auto const found = std::ranges::find(policies_, client.server, [](auto const& each) { return each.first; });
    return found != policies_.end() ? found->second : nullptr;
}

}  // namespace qmp_run
