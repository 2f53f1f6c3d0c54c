#include "hooks/machine_hooks.hpp"

#include "daemon/log/log_priority.hpp"
#include "hooks/hook_selection.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <string_view>
#include <utility>

namespace asio = boost::asio;

namespace coqmpd {

machine_hooks::machine_hooks(asio::any_io_executor const& executor, std::vector<std::string> environment,
                             coqmp_daemon::logger& log, keep_function keep)
    : environment_(std::move(environment)),
      keep_(std::move(keep)),
      idle_(executor),
      runner_(executor, {}, [&log](coqmp_daemon::log_priority priority, std::string_view machine, std::string_view text) {
          log.write(priority, machine, text);
      })
{
    runner_.on_idle([this] { idle_.cancel(); });
}

void machine_hooks::set(std::string const& machine, std::vector<hook_settings> hooks)
{
    std::vector<hook_settings>& known = machines_[machine].hooks;
    events_.remove(known);
    known = std::move(hooks);
    events_.add(known);
}

void machine_hooks::forget(std::string const& machine)
{
    auto const found = machines_.find(machine);
    if (found == machines_.end())
        return;
    events_.remove(found->second.hooks);
    machines_.erase(found);
}

void machine_hooks::recall(std::string const& machine, reported_state last)
{
    machines_[machine].reports.recall(last);
}

void machine_hooks::take(std::string const& machine, coqmp::machine_status const& status)
{
    auto const found = machines_.find(machine);
    if (found == machines_.end())
        return;
    found->second.status = status;
    if (!found->second.reports.take({status.state, status.reason}))
        return;
    if (keep_)
        keep_(machine, *found->second.reports.last());
    run(found->second, occasion_of(machine, status));
}

void machine_hooks::take(std::string const& machine, coqmp::event const& what)
{
    auto const found = machines_.find(machine);
    if (found == machines_.end())
        return;
    found->second.reports.take(what.name);
    if (found->second.hooks.empty())
        return;
    coqmp_daemon::hook_occasion occasion = occasion_of(machine, found->second.status);
    occasion.event = what.name;
    if (!has_hook_for(occasion, found->second.hooks))
        return;  // another machine's hooks want such events
    occasion.data = what.data;
    run(found->second, occasion);
}

void machine_hooks::run(entry const& machine, coqmp_daemon::hook_occasion const& occasion)
{
    for (coqmp_daemon::hook_run& each : runs_for(occasion, machine.hooks, environment_))
        runner_.run(occasion.machine, std::move(each));
}

asio::awaitable<void> machine_hooks::finish(std::chrono::milliseconds most)
{
    boost::system::error_code interrupted;
    idle_.expires_after(most);
    if (runner_.unfinished() != 0)
        co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, interrupted));
}

}  // namespace coqmpd
