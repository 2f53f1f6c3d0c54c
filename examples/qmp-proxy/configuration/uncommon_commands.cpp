#include "configuration/uncommon_commands.hpp"

#include "daemon/configuration/problem_list.hpp"
#include "daemon/printable_text.hpp"

#include <coqmp/monitor_policy.hpp>
#include <coqmp/similar_names.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace qmp_proxy {

namespace {

constexpr std::size_t longest_shown_name = 60;

/// A transaction's action that is not a command, the negotiation, and the proxy's own command: `query-commands` lists none of them.
constexpr std::string_view unlisted[] = {"abort", "qmp_capabilities", "__org.coqmp_events"};

bool is_common(std::string_view command)
{
    static coqmp::monitor_policy const backup = coqmp::monitor_policy::backup();
    static coqmp::monitor_policy const operation = coqmp::monitor_policy::operation();
    return backup.allows(command) || operation.allows(command) ||
           std::ranges::find(unlisted, command) != std::ranges::end(unlisted);
}

}  // namespace

uncommon_commands::uncommon_commands(std::map<std::string, located<policy_settings>> const& policies)
{
    for (auto const& [name, policy] : policies)
        for (located<std::string> const& each : policy.value.allow)
            if (!is_common(each.value))
                names_.push_back({name, each});
}

std::vector<std::string> uncommon_commands::missing_from(std::vector<std::string> const& commands, std::string const& qemu,
                                                         std::string const& file) const
{
    coqmp_daemon::problem_list missing(file);
    for (entry const& each : names_) {
        std::string const& name = each.command.value;
        if (std::ranges::find(commands, name) != commands.end())
            continue;
        std::string const suggestion = coqmp::did_you_mean(coqmp::similar_names(name, commands));
        missing.add(each.command.position, "policy \"" + coqmp_daemon::printable(each.policy, longest_shown_name) + "\": " +
                                               qemu + " has no command \"" + coqmp_daemon::printable(name, longest_shown_name) +
                                               '"' + (suggestion.empty() ? "" : ": " + suggestion));
    }
    return missing.lines();
}

}  // namespace qmp_proxy
