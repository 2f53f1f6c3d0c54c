#include "run.hpp"

#include "daemon/command_line.hpp"
#include "daemon/log/logger.hpp"
#include "daemon/program.hpp"
#include "daemon/run_to_end.hpp"
#include "daemon/service_notification.hpp"
#include "exit_status.hpp"
#include "machine_run.hpp"
#include "options.hpp"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <variant>

namespace asio = boost::asio;

namespace qmp_run {

namespace {

using coqmp_daemon::exit_code;

run_exit run_machine(options const& line)
{
    auto const environment = coqmp_daemon::service_environment::take();
    asio::io_context context(1);
    coqmp_daemon::logger log(context.get_executor(), coqmp_daemon::logger_options_for(line.common));
    machine_run machine(context.get_executor(), line, environment, log);
    return coqmp_daemon::run_to_end(context, machine.run());
}

}  // namespace

exit_code run(int argc, char const* const* argv)
try {
    auto const read = read_command_line(argc, argv);
    if (auto const* const status = std::get_if<exit_code>(&read))
        return *status;
    return static_cast<exit_code>(run_machine(std::get<options>(read)));
} catch (std::exception const& error) {  // run_program() would turn some into statuses that qmp-run does not have
    coqmp_daemon::print_error("qmp-run", error.what());
    return exit_code::failure;
}

}  // namespace qmp_run
