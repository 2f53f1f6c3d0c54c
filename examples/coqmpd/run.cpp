#include "run.hpp"

#include "cgroups/cgroup_tree.hpp"
#include "check.hpp"
#include "control/control_client.hpp"
#include "daemon/command_line.hpp"
#include "daemon/log/log_priority.hpp"
#include "daemon/log/logger.hpp"
#include "daemon/passed_descriptors.hpp"
#include "daemon/service_notification.hpp"
#include "options.hpp"
#include "places.hpp"
#include "service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <exception>
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

std::unique_ptr<cgroup_tree> open_cgroups(coqmp_daemon::logger& log)
{
    std::ifstream stream("/proc/self/cgroup");
    std::string const ours(std::istreambuf_iterator<char>(stream), {});
    std::vector<std::string> problems;
    auto result = cgroup_tree::open("/sys/fs/cgroup", ours, problems);
    for (std::string const& each : problems)
        log.write(coqmp_daemon::log_priority::warning, each);
    if (!result)
        log.write(coqmp_daemon::log_priority::info,
                  "no cgroup is delegated to the daemon: the machines run in the daemon's own, without the limits of a cgroup");
    return result;
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
    service daemon(context.get_executor(), where, open_cgroups(log), environment, std::move(passed), log);
    service_end end;
    std::exception_ptr failure;
    asio::co_spawn(context, daemon.run(), [&](std::exception_ptr const& why, service_end result) {
        failure = why;
        end = result;
        context.stop();
    });
    context.run();
    if (!end.all_released)
        std::_Exit(static_cast<int>(end.status));  // a destructor would kill a machine that is being started or shut down
    if (failure)
        std::rethrow_exception(failure);
    return end.status;
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
            return check_machines(where.machines(), std::cout, std::cerr);
        case task::show_status:
            return show_status(where.control_socket(), std::cout);
        case task::shut_down_guests:
            return shut_down_guests(where.control_socket(), line.timeout);
        case task::serve:
            break;
    }
    return serve(line, where);
}

}  // namespace coqmpd
