// Invariant: no machine is started. All recalls are queued when async_shutdown() is called, so it finds every machine that an
// earlier daemon wanted up, and withdraws the starts of those that have no process before one is granted.
#include "guest_shutdown.hpp"

#include "daemon/configuration/problem_list.hpp"
#include "daemon/log/log_priority.hpp"
#include "daemon_settings.hpp"
#include "machines/machine_set.hpp"
#include "reports/sentence_source.hpp"
#include "supervision/launch_plan.hpp"

#include <coqmp/log_level.hpp>
#include <coqmp/supervisor.hpp>
#include <coqmp/supervisor_options.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace coqmpd {

namespace {

using coqmp_daemon::log_priority;

coqmp::supervisor_options options_in(std::string const& directory, coqmp_daemon::logger& log)
{
    coqmp::supervisor_options result;
    result.directory = directory;
    result.log = [&log](coqmp::log_level level, std::string_view sentence) {
        sourced_sentence const line = split_source(sentence);
        log.write(coqmp_daemon::priority_of(level), line.machine, line.text);
    };
    return result;
}

/// The usable files. A directory that cannot be read must not keep the guests from being shut down.
machine_set read_usable(places const& where, coqmp_daemon::logger& log)
{
    machine_set result;
    try {
        result = read_machines(where.machines());
    } catch (coqmp_daemon::configuration_error const& error) {
        result.problems = error.problems();
    }
    for (std::string const& each : result.problems)
        log.write(log_priority::warning, each);
    return result;
}

void add(std::string const& machine, machine_set const& files, coqmp::supervisor& into, coqmp_daemon::logger& log)
try {
    auto const found = files.machines.find(machine);
    if (found != files.machines.end() && !found->second.is_observed())
        return into.add(machine, spec_for(found->second, "", inheritance::ours()), policy_for(found->second),
                        names_before(found->second));
    log.write(log_priority::warning, machine, "it has no usable file; if it runs, it is shut down without an order");
    coqmp::machine_spec spec;
    spec.outlives_us = spec.release_when_destroyed = true;
    into.add(machine, spec);
} catch (std::exception const& failure) {
    log.write(log_priority::error, machine, std::string("it is not shut down: ") + failure.what());
}

}  // namespace

coqmp_daemon::exit_code shut_down_without_daemon(boost::asio::io_context& context, places const& where,
                                                 std::chrono::milliseconds budget, coqmp_daemon::logger& log)
{
    std::error_code unknown;
    if (std::filesystem::status(where.state, unknown).type() == std::filesystem::file_type::not_found)
        return coqmp_daemon::exit_code::success;  // there never was a daemon
    coqmp::supervisor machines(context, options_in(where.state, log));
    machine_set const files = read_usable(where, log);
    std::vector<std::string> const stored = machines.stored_names();
    for (std::string const& each : stored)
        add(each, files, machines, log);
    bool is_complete = machines.names() == stored;
    machines.async_shutdown(budget, [&](boost::system::error_code error) {
        if (error)
            log.write(log_priority::error, "not all machines have ended: " + error.message());
        is_complete = is_complete && !error;
        context.stop();
    });
    context.run();
    return is_complete ? coqmp_daemon::exit_code::success : coqmp_daemon::exit_code::failure;
}

}  // namespace coqmpd
