// What a daemon does at the same time, and what ends it.
#ifndef COQMP_DAEMON_SERVICE_TASKS_HPP
#define COQMP_DAEMON_SERVICE_TASKS_HPP

#include "daemon/exit_code.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <optional>

namespace coqmp_daemon {

/// @par Threads That of its executor.
/// @par Lifetime It is destroyed when its executor's context no longer runs.
class service_tasks
{
public:
    explicit service_tasks(boost::asio::any_io_executor const& executor);
    service_tasks(service_tasks const&) = delete;
    service_tasks& operator=(service_tasks const&) = delete;

    /// Does this from now on. If it throws, the daemon ends with exit_code::failure.
    void spawn(boost::asio::awaitable<void> task);
    /// The daemon is to end. The first reason decides.
    void finish(exit_code status);

    [[nodiscard]] bool is_finished() const noexcept { return status_.has_value(); }
    /// Waits for finish() or a failure. One call at a time.
    [[nodiscard]] boost::asio::awaitable<exit_code> wait();
    /// What the first task has thrown that did. @return null: none has
    [[nodiscard]] std::exception_ptr const& failure() const noexcept { return failure_; }

private:
    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer finished_;
    std::optional<exit_code> status_;
    std::exception_ptr failure_;
};

}  // namespace coqmp_daemon

#endif
