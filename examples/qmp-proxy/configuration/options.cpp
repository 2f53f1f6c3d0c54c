#include "configuration/options.hpp"

#include <boost/system/system_error.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace qmp_proxy {

namespace {

/// The values of the options as they were written.
struct written_values
{
    std::string upstream;
    std::vector<std::string> listen;
    std::vector<std::string> dial;
    std::vector<std::string> policies;
};

/// The options whose order matters.
struct ordered_options
{
    CLI::Option const* listen = nullptr;
    CLI::Option const* dial = nullptr;
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
    application.add_option("UPSTREAM", values.upstream, "QEMU's monitor: /run/vm.sock, unix:PATH, tcp:HOST:PORT, fd:NUMBER")
        ->type_name("");
    result.listen = add_repeatable(application, "--listen", values.listen, "ADDRESS", "accept clients at ADDRESS");
    result.dial = add_repeatable(application, "--dial", values.dial, "ADDRESS", "connect to a client that listens at ADDRESS");
    result.policy = add_repeatable(application, "--policy", values.policies, "NAME",
                                   "what the clients of the --listen or --dial before it may do (read-only)");
    application.add_flag("--hold", into.hold, "keep the clients when QEMU goes, and wait for the next QEMU");
    application.add_option("--audit", into.audit, "append a line for each command to FILE")->type_name("FILE");
    application.add_option("--config", into.config, "read FILE, too")->type_name("FILE");
    application.add_flag("--check", into.checks, "check the command line and the configuration, and exit");
    application.add_flag("--wrap", into.wraps, "launch a QEMU, and end with it: --wrap ... -- PROGRAM ARGUMENTS...");
    coqmp_daemon::add_common_options(application, QMP_PROXY_VERSION, into.common);
    return result;
}

coqmp::endpoint parse_address(std::string const& text)
try {
    return coqmp::endpoint::parse(text);
} catch (boost::system::system_error const& error) {
    throw mistake('"' + text + "\": " + error.what());
}

coqmp::endpoint parse_listen_address(std::string const& text)
{
    coqmp::endpoint address = parse_address(text);
    if (address.is_descriptor())
        throw mistake("--listen " + text + ": clients can only connect to a unix socket or a TCP port");
    return address;
}

/// Gives each policy to the socket that is written before it.
void take_sockets(CLI::App const& application, ordered_options const& which, written_values const& values, options& into)
{
    std::map<CLI::Option const*, std::size_t> seen;
    socket_option* last = nullptr;
    for (CLI::Option const* const each : application.parse_order()) {
        std::size_t const index = seen[each]++;
        if (each == which.listen || each == which.dial) {
            bool const dials = each == which.dial;
            std::string const& text = (dials ? values.dial : values.listen).at(index);
            auto& list = dials ? into.dial : into.listen;
            list.push_back({dials ? parse_address(text) : parse_listen_address(text), {}});
            last = &list.back();
        } else if (each == which.policy) {
            std::string const& name = values.policies.at(index);
            if (last == nullptr)
                throw mistake("--policy " + name + " must come after the --listen or --dial that it is for");
            if (!last->policy.empty())
                throw mistake(last->address.to_string() + " has two policies, " + last->policy + " and " + name +
                              ": --policy is for the --listen or --dial before it");
            last->policy = name;
        }
    }
}

/// The options that need or exclude each other.
void check_together(options const& read, bool has_separator)
{
    if (has_separator && !read.wraps)
        throw mistake("a program after -- needs --wrap");
    if (read.wraps && read.program.empty())
        throw mistake("--wrap needs a program: --wrap --listen ADDRESS -- qemu-system-x86_64 ARGUMENTS...");
    if (read.wraps && read.upstream)
        throw mistake("--wrap launches a QEMU of its own, and UPSTREAM is another one: choose one");
    if (read.wraps && read.hold)
        throw mistake("--wrap and --hold exclude each other: the proxy ends with the QEMU that it has launched");
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
    if (!values.upstream.empty())
        result.upstream = parse_address(values.upstream);
    take_sockets(application, ordered, values, result);
    check_together(result, separator != end);
    return result;
}

}  // namespace

std::variant<options, coqmp_daemon::exit_code> read_command_line(int argc, char const* const* argv)
try {
    CLI::App application("Offers a QEMU's monitor to many clients.", "qmp-proxy");
    std::optional<coqmp_daemon::exit_code> status;
    options result = read(application, argc, argv, status);
    if (status)
        return *status;
    return result;
} catch (mistake const& error) {
    return coqmp_daemon::refuse_command_line("qmp-proxy", error.what());
}

}  // namespace qmp_proxy
