// The state behind a supervisor: the table of its machines, and what they share (turns, order, streams).
// Invariant: a driver is in the table as long as it may have a process, and the table calls it on the executor only.
#ifndef COQMP_SRC_SUPERVISOR_SUPERVISOR_IMPL_HPP
#define COQMP_SRC_SUPERVISOR_SUPERVISOR_IMPL_HPP

#include "detail/handler_memory.hpp"
#include "detail/handler_registry.hpp"
#include "detail/revocable_executor.hpp"
#include "detail/time_source.hpp"
#include "supervision/shutdown_order.hpp"
#include "supervision/start_queue.hpp"
#include "supervisor/bounded_queue.hpp"
#include "supervisor/directory_wish_store.hpp"
#include "supervisor/kept_monitors.hpp"
#include "supervisor/machine_driver.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/machine_spec.hpp>
#include <coqmp/session_options.hpp>
#include <coqmp/supervisor_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::detail {

/// An operation that waits for the end of all machines.
struct shutdown_wait
{
    using handler_type = pending_handler<void(boost::system::error_code)>;

    explicit shutdown_wait(handler_type waiting) : handler(std::move(waiting)) {}

    handler_type handler;
    bool is_cancelled = false;
};

class supervisor_impl final : public handler_registration,
                              public driver_owner,
                              public std::enable_shared_from_this<supervisor_impl>
{
public:
    using driver_pointer = std::shared_ptr<machine_driver>;
    using shutdown_pointer = std::shared_ptr<shutdown_wait>;
    using release_all_handler = pending_handler<void(boost::system::error_code, std::size_t)>;
    using removal_pointer = std::shared_ptr<pending_handler<void(boost::system::error_code)>>;

    supervisor_impl(boost::asio::any_io_executor executor, supervisor_options options);
    ~supervisor_impl();

    // From any thread.
    /// @throws boost::system::system_error as supervisor::add()
    void add(std::string const& name, machine_spec spec, supervision_policy const& policy, std::vector<std::string> after);
    /// @throws boost::system::system_error as supervisor::observe()
    void observe(std::string const& name, endpoint const& monitor, supervision_policy policy, session_options const& session);
    /// @throws boost::system::system_error as supervisor::update()
    void update(std::string const& name, machine_spec spec, supervision_policy const& policy, std::vector<std::string> after);
    /// @throws boost::system::system_error as supervisor::stored_names()
    [[nodiscard]] std::vector<std::string> stored_names() const;
    /// @return null: there is no machine with this name
    [[nodiscard]] driver_pointer find(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> names() const;
    [[nodiscard]] bounded_queues<change>& changes() noexcept { return changes_; }
    [[nodiscard]] bounded_queues<machine_event>& events() noexcept { return events_; }
    [[nodiscard]] supervisor_options const& options() const noexcept { return options_; }
    void close() noexcept;

    // On the executor.
    /// Forgets a machine, and its wish. @return false: it has a process (again), and is not removed
    [[nodiscard]] bool remove(std::string const& name, removal_pointer const& waiting);
    void shut_down(std::chrono::nanoseconds budget, shutdown_pointer const& waiting);
    void release_all(release_all_handler&& handler);
    void cancel(shutdown_pointer const& waiting);

    void expect_launch(std::string const& machine) override { starts_.expect(machine); }
    void request_launch(std::string const& machine) override;
    bool withdraw_launch(std::string const& machine) override;
    void launched(std::string const& machine) override;
    void ended(std::string const& machine) override;
    void released(std::string const& machine) override;
    void publish(change const& what) override;
    void publish(machine_event const& what) override;
    void write(log_level level, std::string const& machine, std::string const& sentence) override;

    void destroy_handlers() noexcept override;

private:
    struct entry
    {
        driver_pointer driver;  ///< None while it is being added.
        std::vector<std::string> after;
    };

    /// The name is taken when this returns, and put() or leave_out() follows.
    void reserve(std::string const& name, std::vector<std::string> after);
    void put(std::string const& name, driver_pointer const& driver);
    void leave_out(std::string const& name) noexcept;
    void check_order(std::string const& name, std::vector<std::string> const& after) const;
    void recall(driver_pointer const& driver, std::string const& name, std::optional<machine_record> const& process);
    [[nodiscard]] std::map<std::string, entry, std::less<>> entries() const;
    void post_grants();
    void grant();
    void go_on_shutting_down();
    [[nodiscard]] bool is_down() const;
    void take_out(std::string const& name);
    [[nodiscard]] driver_pointer make_driver(std::string const& name, machine_spec spec, supervision_policy const& policy);
    void end(bool runs_handlers) noexcept;

    supervisor_options options_;
    std::shared_ptr<revocable_executor> const home_;
    std::shared_ptr<directory_wish_store> directory_;  ///< None without supervisor_options::directory.
    std::shared_ptr<wish_store> store_;
    std::shared_ptr<kept_monitors> kept_;  ///< None without a directory.
    bounded_queues<change> changes_;
    bounded_queues<machine_event> events_;

    mutable std::mutex mutex_;  ///< Protects the table.
    std::map<std::string, entry, std::less<>> machines_;

    start_queue starts_;
    std::optional<shutdown_order> order_;  ///< While all are being shut down.
    std::list<shutdown_pointer> waits_;
    time_source::time_point end_of_shutdown_;  ///< With order_.
    std::list<removal_pointer> removals_;      ///< They wait for the disk.
    time_source* clock_;
    std::optional<boost::asio::steady_timer> timer_;
    bool releases_all_ = false;  ///< Another supervisor follows.
    bool is_closed_ = false;
    std::atomic<int> calls_out_ = 0;  ///< Filters and log functions that are running, and may destroy the supervisor.
    post_memory close_memory_;
};

}  // namespace coqmp::detail

#endif
