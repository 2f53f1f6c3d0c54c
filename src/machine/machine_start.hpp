// What every start of a machine has: a connection that it waits for, a negotiation on it, a deadline and a handler.
// Invariant: it completes once.
#ifndef COQMP_SRC_MACHINE_MACHINE_START_HPP
#define COQMP_SRC_MACHINE_MACHINE_START_HPP

#include "detail/handler_memory.hpp"
#include "detail/revocable_executor.hpp"
#include "detail/unique_fd.hpp"
#include "listener/remote_accept.hpp"
#include "listener/remote_listener.hpp"
#include "machine/start_completion.hpp"

#include <coqmp/error.hpp>
#include <coqmp/start_diagnostics.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace coqmp::detail {

class machine_impl;

/// One start. Used on the machine's executor only. It keeps its machine alive until it is over.
class machine_start : public accept_owner, public std::enable_shared_from_this<machine_start>
{
public:
    /// @param listener where the machine connects; none: a socketpair
    machine_start(std::shared_ptr<machine_impl> machine, start_completion completion, std::optional<remote_listener> listener);
    virtual ~machine_start();

    virtual void begin() = 0;

    /// Completes it without a process.
    void fail(boost::system::error_code code, std::string const& message);
    void fail(errc code, std::string const& message) { fail(make_error_code(code), message); }

    /// The connection with the process.
    virtual void connect(unique_fd connection);
    void accepted(remote_accept const& by, unique_fd connection) override;
    void cannot_accept(remote_accept const& by, boost::system::error_code why) override;

    /// The caller has cancelled it.
    void cancel();
    [[nodiscard]] bool is_cancelled() const noexcept { return cancelled_; }
    /// The path of the socket that the machine dials; empty if there is none.
    [[nodiscard]] std::string& dialed_path() noexcept { return dialed_path_; }
    virtual void give_up(boost::system::error_code why) = 0;
    /// Whether there may be events of the process that are worth reading after its end, before process_ended().
    [[nodiscard]] virtual bool awaits_last_events() const noexcept { return false; }
    /// The process has ended.
    virtual void process_ended() = 0;
    /// The execution context ends: destroys the handler.
    virtual void abandon() noexcept;

protected:
    /// The session is ready, or cannot be.
    virtual void connected(boost::system::error_code error) = 0;
    virtual void expire() = 0;
    [[nodiscard]] virtual bool has_begun() const noexcept = 0;

    /// @return false if the listener's execution context has ended
    [[nodiscard]] bool await_connection(peer_check required);
    void stop_accepting();
    void arm_deadline(std::chrono::steady_clock::time_point when);
    void complete(boost::system::error_code error, start_diagnostics diagnostics);
    /// Completes it with errc::out_of_memory. Allocates nothing.
    void complete_without_memory();

    // Invariant: machine_ is null once the start is over. NOLINTBEGIN(cppcoreguidelines-non-private-member-variables-in-classes)
    std::shared_ptr<machine_impl> machine_;
    std::optional<start_completion> completion_;
    std::optional<remote_listener> const listener_;
    std::optional<boost::asio::steady_timer> deadline_;
    boost::system::error_code failure_;  ///< Why it is being ended, or why there is no session. None: all is well so far.
    bool listener_closed_ = false;
    // NOLINTEND(cppcoreguidelines-non-private-member-variables-in-classes)

private:
    void leave_machine();
    void run_handler();

    std::shared_ptr<revocable_executor> const home_;  ///< The machine's executor, in the hands of the listener.
    std::shared_ptr<remote_accept> accept_;
    std::string dialed_path_;
    post_memory completion_post_;
    boost::system::error_code outcome_;
    start_diagnostics diagnostics_;
    bool is_prepared_ = false;  ///< The outcome that is delivered needs no memory.
    bool cancelled_ = false;
};

/// A time limit in seconds, for a sentence.
[[nodiscard]] std::string in_seconds(std::chrono::nanoseconds limit);

}  // namespace coqmp::detail

#endif
