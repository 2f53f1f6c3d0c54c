// Runs the hooks of the machines' files.
#ifndef COQMPD_HOOKS_MACHINE_HOOKS_HPP
#define COQMPD_HOOKS_MACHINE_HOOKS_HPP

#include "daemon/hooks/hook_occasion.hpp"
#include "daemon/hooks/hook_runner.hpp"
#include "daemon/log/logger.hpp"
#include "hooks/report_filter.hpp"
#include "hooks/wanted_events.hpp"
#include "machines/machine_file.hpp"

#include <coqmp/event.hpp>
#include <coqmp/lifecycle.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace coqmpd {

/// @par Threads That of its executor.
class machine_hooks
{
public:
    using keep_function = std::function<void(std::string const& machine, reported_state last)>;

    /// @param environment the daemon's
    /// @param keep called when a machine has another state; null: not
    machine_hooks(boost::asio::any_io_executor const& executor, std::vector<std::string> environment, coqmp_daemon::logger& log,
                  keep_function keep = nullptr);

    /// The machine has these hooks from now on.
    void set(std::string const& machine, std::vector<hook_settings> hooks);
    void forget(std::string const& machine);
    /// What an earlier daemon has run hooks for.
    void recall(std::string const& machine, reported_state last);

    /// Whether events of this name matter: a hook of any machine is run for them, or they say whether a machine that was adopted
    /// still runs.
    [[nodiscard]] bool want(std::string_view event) const { return event == "STOP" || event == "RESUME" || events_.has(event); }

    /// Runs hooks if the state or its reason has changed.
    void take(std::string const& machine, coqmp::machine_status const& status);
    void take(std::string const& machine, coqmp::event const& what);

    /// Waits until all hooks have ended, but at most for this time.
    [[nodiscard]] boost::asio::awaitable<void> finish(std::chrono::milliseconds most);

private:
    struct entry
    {
        std::vector<hook_settings> hooks;
        coqmp::machine_status status;
        report_filter reports;
    };

    void run(entry const& machine, coqmp_daemon::hook_occasion const& occasion);

    std::vector<std::string> const environment_;
    keep_function keep_;
    std::map<std::string, entry> machines_;
    wanted_events events_;
    boost::asio::steady_timer idle_;
    coqmp_daemon::hook_runner runner_;
};

}  // namespace coqmpd

#endif
