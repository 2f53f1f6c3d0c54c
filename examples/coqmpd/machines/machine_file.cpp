#include "machines/machine_file.hpp"

#include "daemon/configuration/problem_list.hpp"
#include "daemon/configuration/toml_parser.hpp"
#include "machines/machine_schema.hpp"

#include <algorithm>
#include <array>

namespace coqmpd {

namespace {

using coqmp_daemon::problem_list;
using coqmp_daemon::toml_entry;
using coqmp_daemon::toml_table;

/// What only a machine of ours can have.
constexpr std::array<std::string_view, 13> keys_of_launched = {
    "program", "arguments", "environment", "working_directory", "user",     "group",  "after",
    "restart", "boot_loop", "panic",       "heal_no_space",     "shutdown", "limits",
};

toml_entry const* find_key(toml_table const& table, std::string_view key)
{
    auto const found = std::ranges::find(table.entries, key, &toml_entry::key);
    return found == table.entries.end() ? nullptr : &*found;
}

/// A machine is launched or observed.
void check_kind(toml_table const& table, problem_list& problems)
{
    if (find_key(table, "observe") == nullptr) {
        if (find_key(table, "arguments") == nullptr)
            problems.add({}, R"(the file needs the key "arguments", or "observe" for a QEMU of another owner)");
        return;
    }
    for (toml_entry const& each : table.entries)
        if (std::ranges::find(keys_of_launched, each.key) != keys_of_launched.end())
            problems.add(each.position, each.key + ": this machine is only observed (observe), and never acted on: leave it out");
}

/// Rules that concern several settings. @param table for their places
void check_together(toml_table const& table, machine_file const& read, problem_list& problems)
{
    if (read.restart.first_pause > read.restart.longest_pause)
        problems.add(find_key(table, "restart")->position, "restart: first_pause is longer than longest_pause");
    if (read.shutdown.agent && !read.shutdown.ask_guest)
        problems.add(find_key(table, "shutdown")->position, "shutdown: the agent is not used with ask_guest = false");
    if (read.panic.dump && read.panic.dump_directory.empty())
        problems.add(find_key(table, "panic")->position, "panic: a dump needs a dump_directory");
    for (std::size_t number = 0; number < read.hooks.size(); ++number) {
        hook_settings const& hook = read.hooks[number];
        if (!hook.events.empty() || !hook.states.empty() || !hook.reasons.empty())
            continue;
        auto const& list = std::get<coqmp_daemon::toml_list>(find_key(table, "hook")->value.content);
        problems.add(list.at(number).position, "hook: it is never run: name events, states or reasons");
    }
}

}  // namespace

std::vector<std::string> const& state_names()
{
    static std::vector<std::string> const names = {"defined", "starting",    "running", "paused",  "stopping",
                                                   "stopped", "backing-off", "failed",  "given-up"};
    return names;
}

std::vector<std::string> const& reason_names()
{
    static std::vector<std::string> const names = {
        "by-operator",       "host-shutdown", "guest-shutdown",   "rebooted",      "outside",        "panicked",
        "watchdog",          "out-of-memory", "killed-by-signal", "did-not-start", "failed-exit",    "not-responding",
        "reboots-endlessly", "migrated",      "ended-unseen",     "no-space",      "disk-error",     "by-client",
        "not-begun",         "incoming",      "switched-off",     "debugged",      "internal-error", "other"};
    return names;
}

monitor_settings monitor_settings::completed_with(monitor_settings const& others) const
{
    monitor_settings result;
    result.policy = policy ? policy : others.policy;
    result.hold = hold ? hold : others.hold;
    result.mode = mode ? mode : others.mode;
    result.owner = owner ? owner : others.owner;
    result.group = group ? group : others.group;
    return result;
}

machine_file parse_machine_file(std::string_view text, std::string const& file, account_check accounts)
{
    problem_list problems(file);
    toml_table const table = coqmp_daemon::parse_toml(text, problems);
    problems.throw_if_any();
    machine_file result;
    result.text = text;
    machine_schema(accounts).read(table, {}, {}, result, problems);
    check_kind(table, problems);
    problems.throw_if_any();
    check_together(table, result, problems);
    problems.throw_if_any();
    return result;
}

}  // namespace coqmpd
