#include "options.hpp"

#include "daemon/configuration/problem_list.hpp"
#include "daemon/configuration/value_readers.hpp"

#include <boost/system/system_error.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace qmp_run {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_name = 64;

/// The values of the options as they were written.
struct written_values
{
    std::string timeout;
    std::string kill_silent;
    std::string heal_enospc;
    std::string agent;
    std::vector<std::string> monitors;
    std::vector<std::string> policies;
};

/// The options whose order matters.
struct ordered_options
{
    CLI::Option const* monitor = nullptr;
    CLI::Option const* policy = nullptr;
};

/// A mistake in the command line; its text is one sentence.
class mistake : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

CLI::Option* add_repeatable(CLI::App& application, std::string const& name, std::vector<std::string>& into,
                            std::string const& value, std::string const& purpose)
{
    return application.add_option(name, into, purpose)
        ->type_name(value)
        ->allow_extra_args(false)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

ordered_options describe(CLI::App& application, options& into, written_values& values)
{
    ordered_options result;
    application.add_option("--name", into.name, "the machine's name in hooks and log (the program's name)")->type_name("NAME");
    application.add_option("--timeout", values.timeout, "how long a shutdown may take; 0s: no limit (75s)")->type_name("TIME");
    application.add_option("--agent", values.agent, "ask the guest's agent at ADDRESS to shut the guest down")
        ->type_name("ADDRESS");
    application.add_option("--kill-silent", values.kill_silent, "kill a QEMU that has not answered for TIME")->type_name("TIME");
    application.add_option("--heal-enospc", values.heal_enospc, "resume a guest that ran out of disk space: on or off (on)")
        ->type_name("WORD");
    result.monitor = add_repeatable(application, "--monitor", values.monitors, "ADDRESS", "offer QEMU's monitor at ADDRESS");
    result.policy = add_repeatable(application, "--policy", values.policies, "NAME",
                                   "what the clients of the --monitor before it may do (read-only)");
    add_repeatable(application, "--hook", into.hooks, "PROGRAM", "run PROGRAM at each change of the machine's state");
    coqmp_daemon::add_common_options(application, QMP_RUN_VERSION, into.common);
    application.footer(
        "SIGTERM, SIGINT and SIGHUP shut the guest down; a SIGINT after that kills QEMU.\n"
        "Exit status: 0 the guest shut down, or was asked to; 80 it rebooted (-no-reboot);\n"
        "81 panicked; 82 watchdog; 83 ended from outside; 84 killed; 85 did not start;\n"
        "1 another failure; 2 usage.\n"
        "The manual: man qmp-run");
    return result;
}

std::chrono::milliseconds parse_time(char const* option, std::string const& text, std::chrono::milliseconds least)
{
    coqmp_daemon::problem_list problems("");
    coqmp_daemon::toml_value const value{text, {}};
    coqmp_daemon::setting const read{option, {}, value};
    auto const result = coqmp_daemon::duration(least, 24h)(read, problems);
    if (!result)
        throw mistake(std::string(option) + " needs a time from " + (least == 0ms ? "0s" : "1s") +
                      " to 24h with a unit (ms, s, min or h), such as 75s, not \"" + text + '"');
    return *result;
}

bool parse_switch(char const* option, std::string const& text)
{
    if (text != "on" && text != "off")
        throw mistake(std::string(option) + " must be on or off, not \"" + text + '"');
    return text == "on";
}

bool is_letter_or_digit(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The same names as those of a supervisor's machines.
bool is_machine_name(std::string_view name) noexcept
{
    auto const may_follow = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; };
    return !name.empty() && name.size() <= longest_name && is_letter_or_digit(name.front()) &&
           std::ranges::all_of(name, may_follow);
}

std::string default_name(std::string const& program)
{
    std::string const name = program.substr(program.rfind('/') + 1);  // npos + 1 is 0
    return is_machine_name(name) ? name : "qemu";
}

/// @param reason why it cannot be a descriptor
coqmp::endpoint parse_address(std::string const& option, std::string const& text, char const* reason)
try {
    coqmp::endpoint address = coqmp::endpoint::parse(text);
    if (address.is_descriptor())
        throw mistake(option + ' ' + text + ": " + reason);
    return address;
} catch (boost::system::system_error const& error) {
    throw mistake(option + " \"" + text + "\": " + error.what());
}

coqmp::endpoint parse_monitor_address(std::string const& text)
{
    return parse_address("--monitor", text, "clients can only connect to a unix socket or a TCP port");
}

coqmp::monitor_policy parse_policy(std::string const& name)
{
    if (auto policy = coqmp::monitor_policy::named(name))
        return *std::move(policy);
    std::string text = "--policy " + name + ": there is no such policy; there are";
    for (char const* separator = " "; std::string const& each : coqmp::monitor_policy::built_in_names())
        text.append(std::exchange(separator, ", ")).append(each);
    throw mistake(text);
}

/// Gives each policy to the monitor that is written before it.
void take_monitors(CLI::App const& application, ordered_options const& which, written_values const& values, options& into)
{
    std::size_t policies = 0;
    bool may_have_policy = false;
    for (CLI::Option const* const each : application.parse_order()) {
        if (each == which.monitor) {
            into.monitors.push_back(
                {parse_monitor_address(values.monitors.at(into.monitors.size())), coqmp::monitor_policy::read_only()});
            may_have_policy = true;
        } else if (each == which.policy) {
            std::string const& name = values.policies.at(policies++);
            if (!std::exchange(may_have_policy, false))
                throw mistake("--policy " + name + " must come after the --monitor that it is for");
            into.monitors.back().policy = parse_policy(name);
        }
    }
}

void take_values(written_values const& values, options& into)
{
    if (!values.timeout.empty())
        into.timeout = parse_time("--timeout", values.timeout, 0ms);
    if (!values.kill_silent.empty())
        into.kill_silent = parse_time("--kill-silent", values.kill_silent, 1s);
    if (!values.heal_enospc.empty())
        into.heal_enospc = parse_switch("--heal-enospc", values.heal_enospc);
    if (!values.agent.empty())
        into.agent = parse_address("--agent", values.agent, "give the unix socket or the TCP port of a -chardev of QEMU");
    for (std::string const& each : into.hooks)
        if (!each.starts_with('/'))
            throw mistake("--hook " + each + ": give the absolute path of a program");
    if (into.name.empty())
        into.name = default_name(into.program.front());
    else if (!is_machine_name(into.name))
        throw mistake("--name \"" + into.name +
                      "\": a name has letters, digits, '.', '_' and '-', begins with a letter or a digit, and " +
                      "is not longer than " + std::to_string(longest_name) + " characters");
}

options read(CLI::App& application, int argc, char const* const* argv, std::optional<coqmp_daemon::exit_code>& status)
{
    options result;
    written_values values;
    ordered_options const ordered = describe(application, result, values);
    char const* const* const end = argv + argc;
    char const* const* const separator = std::find(argv, end, std::string_view("--"));
    status = coqmp_daemon::parse_command_line(application, static_cast<int>(separator - argv), argv);
    if (status)
        return result;
    if (separator != end)
        result.program.assign(separator + 1, end);
    if (result.program.empty())
        throw mistake("no program is given; write qmp-run [OPTIONS] -- qemu-system-x86_64 ARGUMENTS...");
    take_values(values, result);
    take_monitors(application, ordered, values, result);
    return result;
}

}  // namespace

std::variant<options, coqmp_daemon::exit_code> read_command_line(int argc, char const* const* argv)
try {
    CLI::App application("Runs one QEMU under a service manager: qmp-run [OPTIONS] -- PROGRAM ARGUMENTS...", "qmp-run");
    std::optional<coqmp_daemon::exit_code> status;
    options result = read(application, argc, argv, status);
    if (status)
        return *status;
    return result;
} catch (mistake const& error) {
    return coqmp_daemon::refuse_command_line("qmp-run", error.what());
}

}  // namespace qmp_run
