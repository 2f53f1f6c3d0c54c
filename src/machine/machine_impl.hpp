// The state behind a machine: a process, the session with it, and the operations that wait for the end of the process.
// Invariant: the session is the same from the machine's first moment to its last.
#ifndef COQMP_SRC_MACHINE_MACHINE_IMPL_HPP
#define COQMP_SRC_MACHINE_MACHINE_IMPL_HPP

#include "detail/handler_memory.hpp"
#include "detail/handler_registry.hpp"
#include "machine/exit_waits.hpp"
#include "machine/machine_process.hpp"
#include "machine/run_state_watch.hpp"

#include <coqmp/exit_status.hpp>
#include <coqmp/machine_record.hpp>
#include <coqmp/machine_spec.hpp>
#include <coqmp/session.hpp>
#include <coqmp/shutdown_options.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <optional>

namespace coqmp::detail {

class machine_start;
class session_impl;
class shutdown_ladder;
class subscription;

/// Kept alive by its handle, by its start, and by the wait for the process, so that it is reaped even if the handle has gone.
class machine_impl final : public handler_registration, public std::enable_shared_from_this<machine_impl>
{
public:
    using pointer = std::shared_ptr<machine_impl>;
    using start_pointer = std::shared_ptr<machine_start>;
    using wait_pointer = std::shared_ptr<exit_wait>;

    machine_impl(boost::asio::any_io_executor executor, machine_spec spec);
    ~machine_impl();

    // From any thread.
    static void start(pointer const& self, start_pointer const& start, boost::asio::cancellation_slot const& slot);
    /// @param shutdown none: waits for an end that comes by itself
    static void start_wait(pointer const& self, exit_wait::handler_type handler, std::optional<shutdown_options> shutdown);
    void close() noexcept;
    /// Ends everything except the process. @throws boost::system::system_error errc::cannot_release
    machine_record release();
    /// The same for a machine that is being shut down; no further step is taken. @throws as release()
    void leave_alone();
    /// If it is being shut down, that may take longer by this much. On the executor.
    void extend_shutdown(std::chrono::nanoseconds by);
    [[nodiscard]] machine_process& process() noexcept { return process_; }
    [[nodiscard]] coqmp::session& session() noexcept { return session_; }
    [[nodiscard]] run_state_watch::pointer const& states() const noexcept { return states_; }

    // For its start, on the executor.
    [[nodiscard]] machine_spec& spec() noexcept { return spec_; }
    [[nodiscard]] std::shared_ptr<session_impl> const& monitor() const noexcept { return monitor_; }
    void watch_events();
    /// @param identity of a process that may outlive us
    void take(std::shared_ptr<detail::process> started, process_identity identity);
    void let_process_live() noexcept;
    void start_is_over(machine_start& start, bool is_ready);

    void destroy_handlers() noexcept override;

private:
    void begin(start_pointer const& start);
    void wait(wait_pointer const& wait, std::optional<shutdown_options> const& shutdown);
    void shut_down(shutdown_options const& options);
    void cancel_wait(wait_pointer const& wait);
    void end_waits(boost::system::error_code error);
    void withdraw_shutdown() noexcept;
    void stop_ladder() noexcept;
    void exited(exit_status status);
    /// The process and the connection with it have ended: there will be no more events.
    void conclude(exit_status status);
    void end();

    machine_spec spec_;
    coqmp::session session_;                       // for the caller, who may move it away
    std::shared_ptr<session_impl> const monitor_;  // the same session, for us
    machine_process process_;
    std::optional<exit_status> status_;
    std::shared_ptr<subscription> events_;  // recorded as they come; it holds none
    run_state_watch::pointer const states_;
    std::optional<boost::asio::steady_timer> last_events_;
    start_pointer starting_;
    exit_waits waits_;
    std::shared_ptr<shutdown_ladder> ladder_;  // while a wait wants the end
    post_memory close_memory_;
    bool started_ = false;
    bool closed_ = false;
};

}  // namespace coqmp::detail

#endif
