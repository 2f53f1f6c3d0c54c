#include "state_hooks.hpp"

#include "daemon/hooks/hook_occasion.hpp"
#include "daemon/hooks/state_names.hpp"
#include "daemon/log/log_priority.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <unistd.h>

#include <string>
#include <string_view>

namespace asio = boost::asio;

namespace qmp_run {

namespace {

std::vector<std::string> our_environment()
{
    std::vector<std::string> result;
    for (char const* const* each = ::environ; each != nullptr && *each != nullptr; ++each)
        result.emplace_back(*each);
    return result;
}

}  // namespace

state_hooks::state_hooks(asio::any_io_executor const& executor, std::vector<std::string> programs, std::string machine,
                         coqmp_daemon::logger& log)
    : programs_(std::move(programs)),
      machine_(std::move(machine)),
      environment_(our_environment()),
      done_(executor),
      runner_(executor, {}, [&log](coqmp_daemon::log_priority priority, std::string_view machine_name, std::string_view text) {
          // A source of its own, so that a hook that prints a lot does not suppress what qmp-run says about the machine.
          log.write(priority, std::string(machine_name) + " hook", text);
      })
{
    runner_.on_idle([this] { done_.cancel(); });
}

void state_hooks::take(coqmp::machine_status const& status)
{
    std::pair const now(status.state, status.reason);
    if (last_ == now)
        return;
    last_ = now;
    coqmp_daemon::hook_occasion occasion;
    occasion.machine = machine_;
    occasion.state = coqmp_daemon::state_name(status.state);
    occasion.reason = coqmp_daemon::reason_name(status.reason);
    for (std::string const& each : programs_) {
        coqmp_daemon::hook_run run;
        run.program = each;
        run.environment = coqmp_daemon::hook_environment(occasion, environment_);
        run.input = coqmp_daemon::hook_input(occasion);
        runner_.run(machine_, std::move(run));
    }
}

asio::awaitable<void> state_hooks::finish(std::chrono::milliseconds most)
{
    boost::system::error_code interrupted;
    done_.expires_after(most);
    if (has_unfinished())
        co_await done_.async_wait(asio::redirect_error(asio::use_awaitable, interrupted));
}

void state_hooks::give_up()
{
    done_.cancel();
}

}  // namespace qmp_run
