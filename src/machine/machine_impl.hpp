// The state behind a machine: a process, the session with it, and the operations that wait for the end of the process.
// Invariant: the session is the same from the machine's first moment to its last.
#ifndef COQMP_SRC_MACHINE_MACHINE_IMPL_HPP
#define COQMP_SRC_MACHINE_MACHINE_IMPL_HPP

#include "detail/handler_registry.hpp"
#include "machine/start_completion.hpp"
#include "process/process.hpp"

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/exit_status.hpp>
#include <coqmp/machine_spec.hpp>
#include <coqmp/session.hpp>

#include <boost/system/error_code.hpp>

#include <sys/types.h>

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace coqmp::detail {

class launching;
class listener_impl;
class session_impl;
class shutdown_ladder;

/// An operation that waits for the end of the process.
struct exit_wait
{
    using handler_type = pending_handler<void(boost::system::error_code, exit_status)>;

    explicit exit_wait(handler_type handler) : waiting(std::move(handler)) {}

    handler_type waiting;
    std::shared_ptr<shutdown_ladder> ladder;  ///< What brings the end about, if this is a shutdown.
    bool cancelled = false;
};

/// Kept alive by its handle, by its start, and by the wait for the process, so that it is reaped even if the handle has gone.
class machine_impl final : public handler_registration, public std::enable_shared_from_this<machine_impl>
{
public:
    using pointer = std::shared_ptr<machine_impl>;
    using start_pointer = std::shared_ptr<launching>;
    using wait_pointer = std::shared_ptr<exit_wait>;

    machine_impl(boost::asio::any_io_executor executor, machine_spec spec);
    ~machine_impl();

    // From any thread.
    static void start(pointer const& self, start_completion completion, std::shared_ptr<listener_impl> listener);
    /// @param budget for a shutdown; none: waits for an end that comes by itself
    static void start_wait(pointer const& self, exit_wait::handler_type handler, std::optional<std::chrono::nanoseconds> budget);
    void close() noexcept;
    void signal(int number) noexcept;
    [[nodiscard]] ::pid_t pid() const noexcept;
    [[nodiscard]] std::string standard_error() const;
    [[nodiscard]] machine_spec const& spec() const noexcept { return spec_; }
    [[nodiscard]] coqmp::session& session() noexcept { return session_; }

    // For its start, on the executor.
    [[nodiscard]] std::shared_ptr<session_impl> const& monitor() const noexcept { return monitor_; }
    [[nodiscard]] bool has_process() const noexcept { return process_ != nullptr; }
    [[nodiscard]] std::optional<exit_status> const& status() const noexcept { return status_; }
    void take(std::shared_ptr<process> started);
    void start_is_over(launching const& start);

    void destroy_handlers() noexcept override;

private:
    void begin(start_pointer const& start);
    void wait(wait_pointer const& wait, std::optional<std::chrono::nanoseconds> budget);
    void cancel_wait(wait_pointer const& wait);
    void complete_wait(exit_wait& wait, boost::system::error_code error);
    void end_waits(boost::system::error_code error);
    void exited(exit_status status);
    void end();

    machine_spec const spec_;
    coqmp::session session_;                       // for the caller, who may move it away
    std::shared_ptr<session_impl> const monitor_;  // the same session, for us
    mutable std::mutex publishing_;                // protects these three from functions that any thread may call
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
