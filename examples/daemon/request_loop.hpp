// What a daemon does when it gets a signal: it reads its configuration again, or ends.
#ifndef COQMP_DAEMON_REQUEST_LOOP_HPP
#define COQMP_DAEMON_REQUEST_LOOP_HPP

#include "daemon/log/logger.hpp"
#include "daemon/service_state.hpp"
#include "daemon/signals.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>

namespace coqmp_daemon {

/// Handles signals from its construction on, as `signals` does. Reloads are reported to the service manager and in the log.
/// @par Threads That of its executor.
/// @par Lifetime It is destroyed when its executor's context no longer runs.
class request_loop
{
public:
    struct actions
    {
        /// Applies the configuration as it is now. It throws configuration_error, or another exception, if it cannot. It is called
        /// once at a time, and may wait for long: a request to end does not wait for it, and then it is never resumed.
        std::function<boost::asio::awaitable<void>()> reload;
        std::function<void()> end;  ///< Called once, for the first request to end.
    };

    request_loop(boost::asio::any_io_executor executor, service_state& state, logger& log, actions to_call);
    request_loop(request_loop const&) = delete;
    request_loop& operator=(request_loop const&) = delete;

    /// Obeys signals until one asks for the end.
    [[nodiscard]] boost::asio::awaitable<void> run();

    /// Whether a signal has asked for the end. A reload that finds this after a wait returns without an effect.
    [[nodiscard]] bool is_ending() const noexcept { return is_ending_; }

private:
    void begin_reload();
    [[nodiscard]] boost::asio::awaitable<void> reload();

    boost::asio::any_io_executor executor_;
    service_state& state_;
    logger& log_;
    actions actions_;
    signals signals_;
    bool is_reloading_ = false;
    bool wants_another_ = false;  ///< A reload was asked for during a reload.
    bool is_ending_ = false;
};

}  // namespace coqmp_daemon

#endif
