// The state behind a machine: a process, the session with it, and the operations that wait for either.
// Invariant: a start completes once: with a machine that is ready, or with a failure when the process is gone.
#ifndef COQMP_SRC_MACHINE_MACHINE_IMPL_HPP
#define COQMP_SRC_MACHINE_MACHINE_IMPL_HPP

#include "detail/handler_registry.hpp"
#include "listener/listener_impl.hpp"
#include "process/launch.hpp"
#include "process/process.hpp"

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/machine.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace coqmp::detail {

class session_impl;
class shutdown_ladder;

/// The one start of a machine.
struct machine_start
{
    using handler_type = pending_handler<void(std::exception_ptr)>;

    machine_start(handler_type handler, boost::asio::any_io_executor const& executor)
        : waiting(std::move(handler)), deadline(std::in_place, executor)
    {}

    handler_type waiting;
    std::shared_ptr<listener_impl> door;                ///< None: a socketpair.
    boost::asio::cancellation_signal accepting;         ///< Used on the listener's executor only.
    std::shared_ptr<launch> launching;                  ///< None if the start was rejected.
    std::optional<boost::asio::steady_timer> deadline;  ///< None once the context is gone.
    boost::system::error_code failure;  ///< Why it is being killed, or why there is no session. None: all is well so far.
    bool killed = false;                ///< We have sent SIGKILL: how it ended says nothing.
    bool ready = false;                 ///< The session is ready; over TCP it may be before the process is known here.
    bool cancelled = false;
};

/// An operation that waits for the end of the process.
struct exit_wait
{
    using handler_type = pending_handler<void(boost::system::error_code, exit_status)>;

    explicit exit_wait(handler_type handler) : waiting(std::move(handler)) {}

    handler_type waiting;
    std::shared_ptr<shutdown_ladder> ladder;  ///< What brings the end about, if this is a shutdown.
    bool cancelled = false;
};

/// Kept alive by its handle and by the wait for the process, so that it is reaped even if the handle has gone.
class machine_impl final : public handler_registration, public std::enable_shared_from_this<machine_impl>
{
public:
    using pointer = std::shared_ptr<machine_impl>;
    using start_pointer = std::shared_ptr<machine_start>;
    using wait_pointer = std::shared_ptr<exit_wait>;

    machine_impl(boost::asio::any_io_executor executor, machine_spec spec);
    ~machine_impl();

    // From any thread.
    static void start(pointer const& self, machine_start::handler_type handler, std::shared_ptr<listener_impl> door);
    static void start_wait(pointer const& self, exit_wait::handler_type handler);
    static void start_shutdown(pointer const& self, exit_wait::handler_type handler, std::chrono::nanoseconds budget);
    void close() noexcept;
    void signal(int number) noexcept;
    [[nodiscard]] ::pid_t pid() const noexcept;
    [[nodiscard]] std::string standard_error() const;

    [[nodiscard]] coqmp::session& session() noexcept { return session_; }

    void destroy_handlers() noexcept override;

private:
    void begin(start_pointer const& start);
    [[nodiscard]] process_options what_to_launch(machine_start const& start) const;
    void launch_for_listener(start_pointer const& start, process_options const& options);
    void take_process(start_pointer const& start, launch::outcome& outcome);
    void publish(std::shared_ptr<process> started);
    void connect_pair(start_pointer const& start, int number);
    void arm_deadline(start_pointer const& start, std::chrono::steady_clock::time_point when);
    void connected(start_pointer const& start, boost::system::error_code error);
    void give_up(start_pointer const& start, boost::system::error_code why);
    void cancel_start(start_pointer const& start);
    static void cancel_accept(start_pointer const& start);
    static void forget_process(start_pointer const& start);
    void give_up_launch(start_pointer const& start);
    void expire(start_pointer const& start);
    void complete_start(start_pointer const& start, std::exception_ptr failure);
    [[nodiscard]] std::exception_ptr explain(machine_start const& start) const;

    void wait(wait_pointer const& wait, std::optional<std::chrono::nanoseconds> budget);
    void cancel_wait(wait_pointer const& wait);
    void complete_wait(exit_wait& wait, boost::system::error_code error);
    void end_waits(boost::system::error_code error);
    void exited(exit_status status);
    void end();

    machine_spec const spec_;
    coqmp::session session_;                 // for the caller, who may move it away
    std::shared_ptr<session_impl> monitor_;  // the same session, for us
    mutable std::mutex publishing_;          // protects these three from functions that any thread may call
    std::shared_ptr<process> process_;
    bool launching_ = false;
    int wanted_signal_ = 0;  // for a process that is still being started
    std::optional<exit_status> status_;
    start_pointer starting_;
    std::list<wait_pointer> waits_;
    bool started_ = false;
    bool closed_ = false;
};

}  // namespace coqmp::detail

#endif
