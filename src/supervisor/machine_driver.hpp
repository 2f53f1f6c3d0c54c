// Carries out what the rules of supervision ask for, for one machine, and reports to them what happens.
// Invariant: actions are carried out in order. While a wish cannot be stored, a launch waits, and no client's `stop` is sent.
#ifndef COQMP_SRC_SUPERVISOR_MACHINE_DRIVER_HPP
#define COQMP_SRC_SUPERVISOR_MACHINE_DRIVER_HPP

#include "detail/revocable_executor.hpp"
#include "detail/time_source.hpp"
#include "detail/waiting_operation.hpp"
#include "supervision/machine_lifecycle.hpp"
#include "supervisor/client_relay.hpp"
#include "supervisor/guest_dump.hpp"
#include "supervisor/step_queue.hpp"
#include "supervisor/supervised_qemu.hpp"
#include "supervisor/wish_store.hpp"

#include <coqmp/change.hpp>
#include <coqmp/command.hpp>
#include <coqmp/log_level.hpp>
#include <coqmp/machine_end.hpp>
#include <coqmp/machine_event.hpp>
#include <coqmp/supervision_policy.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace coqmp::detail {

class monitor_proxy_impl;

/// What concerns all machines. Called on the executor; must not call the driver before it returns.
class driver_owner
{
public:
    driver_owner(driver_owner const&) = delete;
    driver_owner& operator=(driver_owner const&) = delete;

    /// request_launch() or withdraw_launch() follows.
    virtual void expect_launch(std::string const& machine) = 0;
    /// machine_driver::granted() follows, unless it is withdrawn.
    virtual void request_launch(std::string const& machine) = 0;
    /// @return whether it was requested, and not granted yet
    virtual bool withdraw_launch(std::string const& machine) = 0;
    /// A launch is over.
    virtual void launched(std::string const& machine) = 0;
    virtual void ended(std::string const& machine) = 0;
    /// It was released, or could not be: the driver is to be taken out of the table, and abandoned.
    virtual void released(std::string const& machine) = 0;
    virtual void publish(change const& what) = 0;
    virtual void publish(machine_event const& what) = 0;
    virtual void write(log_level level, std::string const& machine, std::string const& sentence) = 0;

protected:
    driver_owner() = default;
    ~driver_owner() = default;
};

/// An operation that waits until a machine has no process.
struct stop_wait final : waiting_operation<void(boost::system::error_code, machine_end)>
{
    using waiting_operation::waiting_operation;

    bool is_cancelled = false;
    unsigned launch = 0;  ///< Of the process whose end it waits for.
};

/// Used on the executor only, unless stated otherwise.
class machine_driver final : public qemu_owner,
                             private step_owner,
                             private dump_owner,
                             public std::enable_shared_from_this<machine_driver>
{
public:
    using reply_handler = client_relay::reply_handler;
    using release_wait = waiting_operation<void(boost::system::error_code)>;
    using release_handler = release_wait::handler_type;
    using wait_pointer = std::shared_ptr<stop_wait>;

    machine_driver(boost::asio::any_io_executor const& executor, std::shared_ptr<revocable_executor> home, driver_owner& owner,
                   std::string name, supervision_policy const& policy, std::shared_ptr<wish_store> store);
    ~machine_driver();

    /// Must be called first.
    void drive(std::shared_ptr<supervised_qemu> qemu) { qemu_ = std::move(qemu); }
    /// The proxy's clients get the monitor of each process from now on.
    void offer_monitor(std::weak_ptr<monitor_proxy_impl> const& to);

    /// What an earlier supervisor has stored, and what has become of its process.
    void recall(memory_record const& record, found_process found, std::optional<machine_record> const& process);
    void start() { perform(rules_.start(clock_->now())); }
    /// @param waiting null: no operation waits for the end
    void stop(std::optional<std::chrono::nanoseconds> budget, wait_pointer const& waiting);
    void stop_with_host(std::chrono::nanoseconds budget) { perform(rules_.stop_with_host(budget, clock_->now())); }
    void restart() { perform(rules_.restart(clock_->now())); }
    /// @param leaves_stopping whether a machine that is being stopped is released at once, and not when that is over
    void release(release_handler&& handler, bool leaves_stopping);
    void apply(machine_spec spec, supervision_policy const& policy);
    void granted();
    void execute(command&& request, reply_handler&& handler)
    {
        clients_->execute(qemu_->monitor(), std::move(request), std::move(handler));
    }
    void cancel(wait_pointer const& waiting);
    /// The operations that wait for the release, to be completed with release_result() when the machine is out of the table.
    [[nodiscard]] std::list<std::shared_ptr<release_wait>> take_releases() noexcept;
    [[nodiscard]] boost::system::error_code release_result() const noexcept { return release_result_; }
    /// Ends the process, unless it was released, and the operations that wait.
    /// @param runs_handlers false: the execution context is gone
    void abandon(bool runs_handlers) noexcept;

    [[nodiscard]] bool may_have_process() const noexcept;
    /// QEMU belongs to another owner.
    [[nodiscard]] bool is_observed() const noexcept { return is_observed_; }

    // From any thread.
    [[nodiscard]] machine_status status() const;
    [[nodiscard]] ::pid_t pid() const noexcept { return qemu_->pid(); }

    void found() override;
    void connected(bool has_out_of_band, bool is_out_of_space_listed) override;
    void disconnected() override;
    void ended(process_end const& what, std::string const& failure) override;
    void happened(event const& what) override;
    void wrote(std::string const& sentence) override;

private:
    friend struct action_performer;
    using time_point = time_source::time_point;

    void perform(machine_actions&& actions);
    void complete_waits(unsigned launch);
    /// @return whether the launch was requested, or waited for the disk, and was not granted yet
    [[nodiscard]] bool withdraw_launch();
    void steps_done() override;
    void disk_answered() override;
    void steps_wait() override { arm(); }
    void dumped() override;
    void write(log_level level, std::string const& sentence) override { owner_->write(level, name_, sentence); }
    void arm();
    void on_timer();

    boost::asio::any_io_executor executor_;
    std::shared_ptr<revocable_executor> const home_;
    driver_owner* owner_;  ///< None: abandoned.
    std::string const name_;
    bool const is_observed_;
    shutdown_options shutdown_;
    std::shared_ptr<supervised_qemu> qemu_;
    machine_lifecycle rules_;

    std::string const boot_id_;
    std::shared_ptr<step_queue> const steps_;  ///< Actions, and commands that must come after them.
    std::shared_ptr<client_relay> const clients_;
    std::shared_ptr<guest_dump> const dump_;
    dump_settings dump_settings_;
    std::vector<std::weak_ptr<monitor_proxy_impl>> proxies_;
    bool launch_waits_ = false;  ///< For the disk.

    time_source* clock_;
    std::optional<boost::asio::steady_timer> timer_;
    time_point armed_for_ = time_point::max();

    machine_end last_end_;
    std::string failure_;  ///< Why the last process did not start.
    unsigned launches_ = 0;
    std::list<wait_pointer> waits_;
    std::list<std::shared_ptr<release_wait>> releases_;
    boost::system::error_code release_result_;

    mutable std::mutex mutex_;
    machine_status published_;
};

}  // namespace coqmp::detail

#endif
