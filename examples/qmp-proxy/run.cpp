#include "run.hpp"

#include "configuration/options.hpp"
#include "configuration/settings.hpp"
#include "daemon/command_line.hpp"
#include "daemon/log/logger.hpp"
#include "daemon/program.hpp"
#include "daemon/run_to_end.hpp"
#include "daemon/service_notification.hpp"
#include "service.hpp"

#include <boost/asio/io_context.hpp>

#include <iostream>
#include <utility>
#include <variant>

namespace asio = boost::asio;

namespace qmp_proxy {

namespace {

using coqmp_daemon::exit_code;

exit_code serve(options const& line, settings wanted)
{
    auto const environment = coqmp_daemon::service_environment::take();
    asio::io_context context(1);
    coqmp_daemon::logger log(context.get_executor(), coqmp_daemon::logger_options_for(line.common));
    service proxy(context.get_executor(), line, std::move(wanted), environment, log);
    return static_cast<exit_code>(coqmp_daemon::run_to_end(context, proxy.run()));  // with --wrap, it is QEMU's
}

/// All that the check has to say: problems have become exceptions before.
exit_code report_no_problems()
{
    std::cout << "no problems\n";
    return coqmp_daemon::finish_output("qmp-proxy", std::cout);
}

}  // namespace

exit_code run(int argc, char const* const* argv)
{
    auto read = read_command_line(argc, argv);
    if (auto const* const status = std::get_if<exit_code>(&read))
        return *status;
    auto const& line = std::get<options>(read);
    try {
        settings wanted = read_settings(line);
        return line.checks ? report_no_problems() : serve(line, std::move(wanted));
    } catch (usage_mistake const& error) {
        return coqmp_daemon::refuse_command_line("qmp-proxy", error.what());
    }
}

}  // namespace qmp_proxy
