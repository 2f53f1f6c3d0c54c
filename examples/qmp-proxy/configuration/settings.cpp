#include "configuration/settings.hpp"

#include "configuration/settings_check.hpp"
#include "configuration/settings_schema.hpp"
#include "daemon/access/policy_table.hpp"
#include "daemon/configuration/configuration.hpp"

#include <coqmp/similar_names.hpp>

#include <algorithm>
#include <utility>

namespace qmp_proxy {

namespace {

using coqmp_daemon::policy_table;

void check_policy(policy_table const& policies, socket_option const& socket, char const* option)
{
    std::string const& name = socket.policy;
    if (name.empty() || policies.find(name))
        return;
    std::string const where = std::string(option) + ' ' + socket.address.to_string() + ": ";
    if (name == no_policy)
        throw usage_mistake(where + "with the policy \"none\", no client could use it");
    std::string const suggestion = coqmp::did_you_mean(coqmp::similar_names(name, policies.names()));
    throw usage_mistake(where + "unknown policy \"" + name + '"' + (suggestion.empty() ? "" : ": " + suggestion));
}

/// Adds the sockets of the command line to those of the file. An address has one policy only.
template <class Socket>
void add_sockets(std::vector<Socket>& sockets, std::vector<socket_option> const& written, char const* option,
                 policy_table const& policies)
{
    for (socket_option const& each : written) {
        check_policy(policies, each, option);
        if (std::ranges::any_of(sockets, [&](Socket const& other) { return other.address.value == each.address; }))
            throw usage_mistake(each.address.to_string() + " appears twice");
        Socket added;
        added.address.value = each.address;
        if (!each.policy.empty())
            added.policy.value = each.policy;
        sockets.push_back(std::move(added));
    }
}

}  // namespace

settings parse_settings(std::string_view text, std::string const& file)
{
    return coqmp_daemon::parse_configuration<settings>(text, file, settings_schema(), check_settings);
}

settings read_settings(options const& line)
{
    settings file;
    if (!line.config.empty())
        file = coqmp_daemon::read_configuration<settings>(line.config, settings_schema(), check_settings);
    return combine(std::move(file), line);
}

settings combine(settings file, options const& line)
{
    if (line.upstream && file.upstream)
        throw usage_mistake("UPSTREAM is on the command line and in " + line.config + ": leave one out");
    if (line.wraps && (file.upstream || file.hold))
        throw usage_mistake("--wrap excludes upstream and hold, which are in " + line.config);
    if (line.upstream)
        file.upstream = line.upstream;
    file.hold = file.hold || line.hold;
    if (file.hold && file.upstream && file.upstream->is_descriptor())
        throw usage_mistake(file.upstream->to_string() + " cannot be reconnected: leave out hold");
    if (!line.audit.empty())
        file.audit = line.audit;
    policy_table const policies(file.policies);
    add_sockets(file.listen, line.listen, "--listen", policies);
    add_sockets(file.dial, line.dial, "--dial", policies);
    if (!file.upstream && !line.wraps)
        throw usage_mistake("no QEMU is named: give its monitor as UPSTREAM, or launch one with --wrap");
    if (file.listen.empty() && file.dial.empty())
        throw usage_mistake("clients cannot connect anywhere: add --listen ADDRESS");
    return file;
}

}  // namespace qmp_proxy
