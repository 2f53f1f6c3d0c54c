// Shuts down all machines of a supervisor, within one budget and in their order.
// Invariant: while it does, it lets no machine start, and each operation that waits for it completes once.
#ifndef COQMP_SRC_SUPERVISOR_SHUTDOWN_OF_ALL_HPP
#define COQMP_SRC_SUPERVISOR_SHUTDOWN_OF_ALL_HPP

#include "detail/time_source.hpp"
#include "supervision/shutdown_order.hpp"
#include "supervisor/machine_table.hpp"

#include <coqmp/detail/pending_handler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace coqmp::detail {

/// An operation that waits for the end of all machines.
struct shutdown_wait
{
    using handler_type = pending_handler<void(boost::system::error_code)>;

    explicit shutdown_wait(handler_type waiting) : handler(std::move(waiting)) {}

    handler_type handler;
    bool is_cancelled = false;
};

/// Used on the executor only.
class shutdown_of_all final : public std::enable_shared_from_this<shutdown_of_all>
{
public:
    using wait_pointer = std::shared_ptr<shutdown_wait>;

    /// @param over is called when machines may start again
    shutdown_of_all(boost::asio::any_io_executor executor, std::shared_ptr<machine_table const> machines,
                    std::function<void()> over);
    shutdown_of_all(shutdown_of_all const&) = delete;
    shutdown_of_all& operator=(shutdown_of_all const&) = delete;
    ~shutdown_of_all() = default;

    /// @param budget as for shutdown_order. While all are being shut down, a shorter one counts
    void begin(std::chrono::nanoseconds budget, wait_pointer const& waiting);
    void cancel(wait_pointer const& waiting);
    [[nodiscard]] bool is_under_way() const noexcept { return order_.has_value(); }

    /// A machine was to be started: only its wish is stored.
    void keep_down(std::string const& machine);
    /// A machine has ended, or is not in the table any more.
    void ended(std::string const& machine);

    /// Does nothing more. @param runs_handlers false: the execution context is gone
    void abandon(bool runs_handlers) noexcept;

private:
    void go_on();
    void wait_until(time_source::time_point next);
    [[nodiscard]] bool is_down() const;

    boost::asio::any_io_executor executor_;
    std::shared_ptr<machine_table const> const machines_;
    std::function<void()> over_;
    time_source* clock_;
    std::optional<boost::asio::steady_timer> timer_;  ///< None: abandoned.
    std::optional<shutdown_order> order_;             ///< While all are being shut down.
    time_source::time_point end_;                     ///< With order_.
    std::list<wait_pointer> waits_;
};

}  // namespace coqmp::detail

#endif
