#include "options.hpp"

#include "daemon/configuration/problem_list.hpp"
#include "daemon/configuration/value_readers.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <stdexcept>

namespace coqmpd {

namespace {

using namespace std::chrono_literals;

/// The options as they were written.
struct written_options
{
    bool checks = false;
    bool shows_status = false;
    bool shuts_down = false;
    bool lifts_limits = false;
    std::string timeout;
};

/// A mistake in the command line; its text is one sentence.
class mistake : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

void describe(CLI::App& application, options& into, written_options& written)
{
    application.add_option("--config", into.configuration, "the directory of the configuration (/etc/coqmp)")
        ->type_name("DIRECTORY");
    auto* const check = application.add_flag("--check", written.checks, "check the files of all machines, and exit");
    auto* const status = application.add_flag("--status", written.shows_status, "print a table of the machines, and exit");
    auto* const down =
        application.add_flag("--shutdown-guests", written.shuts_down, "shut all machines down, in order, and exit");
    application.add_option("--timeout", written.timeout, "how long --shutdown-guests may take; 0s: no limit (5min)")
        ->type_name("TIME")
        ->needs(down);
    auto* const lift = application.add_flag("--lift-limits", written.lifts_limits,
                                            "for the unit: lift the machines' limits after the daemon, and exit");
    application.add_flag("--unit-lifts-limits", into.limits_are_lifted, "for the unit: it runs --lift-limits in ExecStopPost=");
    check->excludes(status)->excludes(down)->excludes(lift);
    status->excludes(down)->excludes(lift);
    down->excludes(lift);
    coqmp_daemon::add_common_options(application, COQMPD_VERSION, into.common);
    application.footer(
        "On SIGHUP, the daemon reads the files again. SIGTERM and SIGINT end it, a second\n"
        "one at once; the machines go on running.\n"
        "Exit status: 0, 1 failure, 2 usage or configuration, 3 connection.\n"
        "The manuals: man coqmpd, man coqmp-machine.toml");
}

std::chrono::milliseconds parse_time(std::string const& text)
{
    coqmp_daemon::problem_list problems("");
    coqmp_daemon::toml_value const value{text, {}};
    coqmp_daemon::setting const read{"--timeout", {}, value};
    auto const result = coqmp_daemon::duration(0ms, 24h)(read, problems);
    if (!result)
        throw mistake("--timeout needs a time from 0s to 24h with a unit (ms, s, min or h), such as 5min, not \"" + text + '"');
    return *result;
}

void take(written_options const& written, options& into)
{
    into.what = written.checks         ? task::check
                : written.shows_status ? task::show_status
                : written.shuts_down   ? task::shut_down_guests
                : written.lifts_limits ? task::lift_limits
                                       : task::serve;
    if (!written.timeout.empty())
        into.timeout = parse_time(written.timeout);
    while (into.configuration.size() > 1 && into.configuration.ends_with('/'))
        into.configuration.pop_back();
}

}  // namespace

std::variant<options, coqmp_daemon::exit_code> read_command_line(int argc, char const* const* argv)
try {
    CLI::App application("Supervises the QEMU machines of a host.", "coqmpd");
    options result;
    written_options written;
    describe(application, result, written);
    if (auto const status = coqmp_daemon::parse_command_line(application, argc, argv))
        return *status;
    take(written, result);
    return result;
} catch (mistake const& error) {
    return coqmp_daemon::refuse_command_line("coqmpd", error.what());
}

}  // namespace coqmpd
