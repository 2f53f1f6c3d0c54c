#include "options.hpp"

#include "daemon/configuration/problem_list.hpp"
#include "daemon/configuration/value_readers.hpp"

#include <boost/system/system_error.hpp>
#include <coqmp/monitor_policy.hpp>
#include <coqmp/similar_names.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>

namespace qmp_run {

namespace {

using namespace std::chrono_literals;

/// The values of the options as they were written.
struct written_values
{
    std::string timeout;
    std::string kill_silent;
    std::string heal_enospc;
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
    application.add_option("--name", into.name, "the machine's name, for hooks and the log (the program's)")->type_name("NAME");
    application.add_option("--timeout", values.timeout, "how long a shutdown may take; 0s: no limit (75s)")->type_name("TIME");
    application.add_option("--kill-silent", values.kill_silent, "kill a QEMU that has not answered for TIME")->type_name("TIME");
    application.add_option("--heal-enospc", values.heal_enospc, "continue a guest that ran out of space: on or off (on)")
        ->type_name("WORD");
    result.monitor = add_repeatable(application, "--monitor", values.monitors, "ADDRESS", "offer the monitor at ADDRESS");
    result.policy = add_repeatable(application, "--policy", values.policies, "NAME",
                                   "what the clients of the --monitor before it may do (read-only)");
    add_repeatable(application, "--hook", into.hooks, "PROGRAM", "run PROGRAM at each change of the machine's state");
    coqmp_daemon::add_common_options(application, QMP_RUN_VERSION, into.common);
    application.footer(
        "SIGTERM and SIGINT shut the guest down, a second one kills QEMU.\n"
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
                      " to 24h in ms, s, min or h, such as 75s, not \"" + text + '"');
    return *result;
}

bool parse_switch(char const* option, std::string const& text)
{
    if (text != "on" && text != "off")
        throw mistake(std::string(option) + " is on or off, not \"" + text + '"');
    return text == "on";
}

coqmp::endpoint parse_monitor_address(std::string const& text)
try {
    coqmp::endpoint address = coqmp::endpoint::parse(text);
    if (address.is_descriptor())
        throw mistake("--monitor " + text + ": clients can only connect to a unix socket or a TCP port");
    return address;
} catch (boost::system::system_error const& error) {
    throw mistake("--monitor \"" + text + "\": " + error.what());
}

void check_policy(std::string const& name)
{
    if (coqmp::monitor_policy::named(name))
        return;
    std::string const suggestion = coqmp::did_you_mean(coqmp::similar_names(name, coqmp::monitor_policy::built_in_names()));
    throw mistake("--policy: unknown policy \"" + name + '"' + (suggestion.empty() ? "" : ": " + suggestion));
}

/// Gives each policy to the socket that is written before it.
void take_sockets(CLI::App const& application, ordered_options const& which, written_values const& values, options& into)
{
    std::map<CLI::Option const*, std::size_t> seen;
    for (CLI::Option const* const each : application.parse_order()) {
        std::size_t const index = seen[each]++;
        if (each == which.monitor) {
            into.monitors.push_back({parse_monitor_address(values.monitors.at(index)), {}});
        } else if (each == which.policy) {
            std::string const& name = values.policies.at(index);
            check_policy(name);
            if (into.monitors.empty())
                throw mistake("--policy " + name + " must come after the --monitor that it is for");
            if (!into.monitors.back().policy.empty())
                throw mistake(into.monitors.back().address.to_string() + " has two policies, " + into.monitors.back().policy +
                              " and " + name);
            into.monitors.back().policy = name;
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
    for (std::string const& each : into.hooks)
        if (!each.starts_with('/'))
            throw mistake("--hook " + each + ": give the absolute path of a program");
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
    take_values(values, result);
    take_sockets(application, ordered, values, result);
    if (result.program.empty())
        throw mistake("no program is named: qmp-run [OPTIONS] -- qemu-system-x86_64 ARGUMENTS...");
    return result;
}

}  // namespace

std::variant<options, coqmp_daemon::exit_code> read_command_line(int argc, char const* const* argv)
try {
    CLI::App application("Runs a QEMU for a service manager.", "qmp-run");
    std::optional<coqmp_daemon::exit_code> status;
    options result = read(application, argc, argv, status);
    if (status)
        return *status;
    return result;
} catch (mistake const& error) {
    return coqmp_daemon::refuse_command_line("qmp-run", error.what());
}

}  // namespace qmp_run
