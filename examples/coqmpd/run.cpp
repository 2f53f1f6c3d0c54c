#include "run.hpp"

#include "cgroups/cgroup_tree.hpp"
#include "check.hpp"
#include "control/control_client.hpp"
#include "daemon/command_line.hpp"
#include "daemon/log/log_priority.hpp"
#include "daemon/log/logger.hpp"
#include "daemon/passed_descriptors.hpp"
#include "daemon/run_to_end.hpp"
#include "daemon/service_notification.hpp"
#include "guest_shutdown.hpp"
#include "options.hpp"
#include "places.hpp"
#include "service.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace asio = boost::asio;

namespace coqmpd {

namespace {

using coqmp_daemon::exit_code;

constexpr char const* cgroup_root = "/sys/fs/cgroup";

std::string proc_self_cgroup()
{
    std::ifstream stream("/proc/self/cgroup");
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::unique_ptr<cgroup_tree> open_cgroups(bool limits_are_lifted, coqmp_daemon::logger& log)
{
    std::vector<std::string> problems;
    auto result = cgroup_tree::open(cgroup_root, proc_self_cgroup(), limits_are_lifted, problems);
    for (std::string const& each : problems)
        log.write(coqmp_daemon::log_priority::warning, each);
    if (!result)
        log.write(coqmp_daemon::log_priority::info,
                  "no cgroup is delegated to the daemon: the machines run in the daemon's own, without the limits of a cgroup");
    return result;
}

exit_code lift_limits()
{
    auto const problems = cgroup_tree::lift_limits(cgroup_root, proc_self_cgroup());
    for (std::string const& each : problems)
        std::cerr << "coqmpd: " << each << '\n';
    return problems.empty() ? exit_code::success : exit_code::failure;
}

/// With systemd, RuntimeDirectory= and StateDirectory= have created them. The supervisor creates its own, private directory.
void make_directories(places const& where)
{
    std::filesystem::create_directories(where.runtime);
    std::filesystem::create_directories(std::filesystem::path(where.state).parent_path());
}

exit_code serve(options const& line, places const& where)
{
    auto passed = coqmp_daemon::take_passed_descriptors();
    auto const environment = coqmp_daemon::service_environment::take();
    make_directories(where);
    asio::io_context context(1);
    coqmp_daemon::logger log(context.get_executor(), coqmp_daemon::logger_options_for(line.common));
    service daemon(context.get_executor(), where, open_cgroups(line.limits_are_lifted, log), environment, std::move(passed), log);
    service_end const end = coqmp_daemon::run_to_end(context, daemon.run());
    if (!end.all_released)
        std::_Exit(static_cast<int>(end.status));  // a destructor would kill a machine that is being started or shut down
    return end.status;
}

/// The host must not cut guests off because the daemon is stopped, or has failed.
exit_code shut_down(options const& line, places const& where)
{
    if (auto const status = shut_down_guests(where.control_socket(), line.timeout))
        return *status;
    asio::io_context context(1);
    coqmp_daemon::logger log(context.get_executor(), coqmp_daemon::logger_options_for(line.common));
    log.write(coqmp_daemon::log_priority::notice, "no daemon runs: its machines are shut down without it");
    return shut_down_without_daemon(context, where, line.timeout, log);
}

}  // namespace

exit_code run(int argc, char const* const* argv)
{
    auto const read = read_command_line(argc, argv);
    if (auto const* const status = std::get_if<exit_code>(&read))
        return *status;
    auto const& line = std::get<options>(read);
    places const where = find_places(place_sources::ours(), line.configuration);
    switch (line.what) {
        case task::check:
            return check_files(where, std::cout, std::cerr);
        case task::show_status:
            return show_status(where.control_socket(), std::cout);
        case task::shut_down_guests:
            return shut_down(line, where);
        case task::lift_limits:
            return lift_limits();
        case task::serve:
            break;
    }
    return serve(line, where);
}

}  // namespace coqmpd
