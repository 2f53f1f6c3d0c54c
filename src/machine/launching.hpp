// The start of a machine: a process, a connection with it, and the negotiation on that connection.
// Invariant: it completes once: when the machine is ready, or with a failure when the process is gone.
#ifndef COQMP_SRC_MACHINE_LAUNCHING_HPP
#define COQMP_SRC_MACHINE_LAUNCHING_HPP

#include "detail/revocable_executor.hpp"
#include "detail/unique_fd.hpp"
#include "machine/start_completion.hpp"
#include "process/launch.hpp"
#include "process/process.hpp"

#include <coqmp/error.hpp>
#include <coqmp/start_diagnostics.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace coqmp::detail {

class listener_impl;
class machine_accept;
class machine_impl;

/// One start. Used on the machine's executor only. It keeps its machine alive until it is over.
class launching : public std::enable_shared_from_this<launching>
{
public:
    /// @param listener where the program connects; none: a socketpair
    launching(std::shared_ptr<machine_impl> machine, start_completion completion, std::shared_ptr<listener_impl> listener);

    void begin();

    /// Completes it without a process.
    void fail(boost::system::error_code code, std::string const& message);
    void fail(errc code, std::string const& message) { fail(make_error_code(code), message); }

    /// The connection with the process, from either road.
    void connect(unique_fd connection);
    /// The listener has no connection for it.
    void cannot_connect(boost::system::error_code why);

    /// The caller has cancelled it.
    void cancel();
    [[nodiscard]] bool is_cancelled() const noexcept { return cancelled_; }
    /// Kills the process, whose end completes it.
    void give_up(boost::system::error_code why);
    /// The process has ended.
    void process_ended();
    /// The execution context ends: destroys the handler.
    void abandon() noexcept;

private:
    [[nodiscard]] process_options what_to_launch() const;
    [[nodiscard]] bool await_connection();
    void stop_accepting();
    void take_process(launch::outcome& outcome);
    void connected(boost::system::error_code error);
    void arm_deadline(std::chrono::steady_clock::time_point when);
    void expire();
    void fail_with_reason();
    void complete(boost::system::error_code error, start_diagnostics diagnostics);

    std::shared_ptr<machine_impl> machine_;  ///< None when it is over.
    std::optional<start_completion> completion_;
    std::shared_ptr<listener_impl> const listener_;
    std::shared_ptr<revocable_executor> const home_;  ///< The machine's executor, in the hands of the listener.
    std::shared_ptr<machine_accept> accept_;
    std::shared_ptr<launch> launch_;
    std::optional<boost::asio::steady_timer> deadline_;
    boost::system::error_code failure_;  ///< Why it is being killed, or why there is no session. None: all is well so far.
    bool listener_closed_ = false;
    bool killed_ = false;  ///< We have sent SIGKILL: how it ended says nothing.
    bool ready_ = false;   ///< The session is ready; over TCP it may be before the process is known here.
    bool cancelled_ = false;
};

}  // namespace coqmp::detail

#endif
