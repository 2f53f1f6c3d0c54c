// Runs hooks, a limited number at a time, off the event loop, with their output in the log.
#ifndef COQMP_DAEMON_HOOKS_HOOK_RUNNER_HPP
#define COQMP_DAEMON_HOOKS_HOOK_RUNNER_HPP

#include "daemon/hooks/hook_process.hpp"
#include "daemon/hooks/hook_queue.hpp"
#include "daemon/log/log_priority.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace coqmp_daemon {

/// @par Threads That of its executor.
/// @par Lifetime Its destructor kills the hooks that run, and waits for a start that is under way.
class hook_runner
{
public:
    using log_function = std::function<void(log_priority, std::string_view machine, std::string_view text)>;

    /// @param log called with our own sentences and with the lines of hooks; it must escape what they quote
    hook_runner(boost::asio::any_io_executor executor, hook_limits const& limits, log_function log);
    hook_runner(hook_runner const&) = delete;
    hook_runner& operator=(hook_runner const&) = delete;
    ~hook_runner();

    /// Runs a hook, or queues it. If too many hooks are waiting, it is dropped, and the log says so.
    void run(std::string const& machine, hook_run what);

    /// @param idle called each time the last hook has ended and none is waiting
    void on_idle(std::function<void()> idle) { idle_ = std::move(idle); }

    /// Hooks that wait or run.
    [[nodiscard]] std::size_t unfinished() const noexcept { return queue_.waiting() + queue_.running(); }

private:
    void start_next();
    void start(std::string const& machine, hook_run what);
    void ended(std::string const& machine, std::string const& program, hook_end const& end);

    boost::asio::any_io_executor executor_;
    boost::asio::thread_pool launcher_;
    hook_queue queue_;
    log_function log_;
    std::function<void()> idle_;
    std::uint64_t last_number_ = 0;
    std::map<std::uint64_t, hook_run> waiting_;
    std::map<std::string, std::shared_ptr<hook_process>> running_;  ///< By the machine's name.
};

}  // namespace coqmp_daemon

#endif
