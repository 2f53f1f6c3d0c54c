// Runs the hooks of `--hook`, one after the other, at each change of the machine's state.
#ifndef QMP_RUN_STATE_HOOKS_HPP
#define QMP_RUN_STATE_HOOKS_HPP

#include "daemon/hooks/hook_runner.hpp"
#include "daemon/log/logger.hpp"

#include <coqmp/lifecycle.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qmp_run {

/// @par Threads That of its executor.
class state_hooks
{
public:
    /// @param programs absolute paths @param machine its name
    state_hooks(boost::asio::any_io_executor const& executor, std::vector<std::string> programs, std::string machine,
                coqmp_daemon::logger& log);

    /// Runs the hooks if the state or its reason has changed.
    void take(coqmp::machine_status const& status);

    [[nodiscard]] bool has_unfinished() const noexcept { return runner_.unfinished() != 0; }
    /// Waits until all hooks have ended, but at most for this time, and not after give_up().
    [[nodiscard]] boost::asio::awaitable<void> finish(std::chrono::milliseconds most);
    void give_up();

private:
    std::vector<std::string> const programs_;
    std::string const machine_;
    std::vector<std::string> const environment_;
    std::optional<std::pair<coqmp::lifecycle, coqmp::lifecycle_reason>> last_;
    boost::asio::steady_timer done_;
    coqmp_daemon::hook_runner runner_;
};

}  // namespace qmp_run

#endif
