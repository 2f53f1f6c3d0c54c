// A QEMU that the supervisor, or an earlier one, has launched: one `machine` after the other.
// Invariant: there is at most one machine, and what an earlier one still reports is ignored.
#ifndef COQMP_SRC_SUPERVISOR_LAUNCHED_QEMU_HPP
#define COQMP_SRC_SUPERVISOR_LAUNCHED_QEMU_HPP

#include "detail/revocable_executor.hpp"
#include "machine/machine_directory.hpp"
#include "supervision/end_record.hpp"
#include "supervisor/bounded_log.hpp"
#include "supervisor/kept_monitors.hpp"
#include "supervisor/oom_kills.hpp"
#include "supervisor/supervised_qemu.hpp"

#include <coqmp/event_stream.hpp>
#include <coqmp/exit_status.hpp>
#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>
#include <coqmp/machine_spec.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coqmp::detail {

class launched_qemu final : public supervised_qemu, public std::enable_shared_from_this<launched_qemu>
{
public:
    /// @param home the executor, for use from other threads
    /// @param directory of the machine, if it is to outlive its supervisor; otherwise empty
    /// @param lock of the supervisor's directory
    /// @throws boost::system::system_error the directory cannot be used, or another program manages the machine
    launched_qemu(boost::asio::any_io_executor executor, std::shared_ptr<revocable_executor> home, machine_spec spec,
                  std::string const& directory, std::shared_ptr<void const> lock, qemu_owner& owner);

    /// The monitor's connection is to outlive the supervisor, too.
    void keep_monitor_in(kept_monitor store) { store_.emplace(std::move(store)); }

    /// Limits the size of the machine's log, if it has a directory. Call it before everything else.
    void limit_log(std::uint64_t bytes);

    /// The process that an earlier supervisor has launched. Call it before everything else, except the two above.
    /// @throws boost::system::system_error as machine_record::load()
    [[nodiscard]] std::optional<machine_record> find(lock_holders& locks);

    void apply(machine_spec spec) override;
    void launch() override;
    void adopt(machine_record const& which) override;
    void shut_down(shutdown_options const& options) override;
    void extend_shutdown(std::chrono::nanoseconds by) override;
    void kill() override;
    void reconnect() override;
    void release() override;
    void abandon() noexcept override;
    [[nodiscard]] std::shared_ptr<session_impl> monitor() const override;
    [[nodiscard]] ::pid_t pid() const noexcept override { return pid_; }

private:
    /// The files of a machine that outlives its supervisor.
    struct place
    {
        machine_directory files;
        std::shared_ptr<void const> lock;
        std::shared_ptr<listener> monitor;
    };

    /// Calls a member with the arguments of a handler, unless there is another machine by then.
    template <class Member>
    [[nodiscard]] auto of_this_machine(Member member);

    void open_monitor_to(::uid_t user);
    void make_machine();
    void started(std::exception_ptr const& failure);
    void adopted(std::exception_ptr const& failure);
    void adopt_without_kept(std::string const& failure);
    void keep_monitor();
    void drop_monitor() noexcept;
    void share_monitor(bool is_shared) noexcept;
    void take_queued_events();
    void adopt_again();
    void look_for_full_disks();
    void ready(bool is_out_of_space_listed);
    void read_events();
    void session_ended();
    void happened(event const& what);
    void exited();
    [[nodiscard]] process_end as_seen(machine_end const& known) const;
    void end(process_end const& what, std::string const& failure);
    void write_record();
    void record_written(std::exception_ptr const& failure);
    void kill_unadopted() noexcept;
    void forget_process() noexcept;

    boost::asio::any_io_executor executor_;
    std::shared_ptr<revocable_executor> const home_;
    machine_spec spec_;
    std::optional<place> place_;
    std::shared_ptr<bounded_log> log_;  ///< None: it is not limited.
    qemu_owner* owner_;                 ///< None: abandoned.

    std::optional<machine> machine_;
    unsigned number_ = 0;  ///< Identifies the current machine.
    std::optional<event_stream> events_;
    oom_kills oom_kills_;
    ::uid_t user_ = ::geteuid();      ///< Of the next QEMU that is launched.
    ::uid_t admitted_ = ::geteuid();  ///< To whom the monitor's socket belongs.
    end_record seen_;                 ///< Of the process, over all its connections.
    bool is_disconnected_ = false;    ///< Its session has ended.
    bool is_ready_ = false;
    std::atomic<::pid_t> pid_ = -1;

    bool has_record_ = false;  ///< Of the process, on the disk.
    std::optional<boost::asio::steady_timer> next_record_;

    std::optional<shutdown_options> wanted_end_;  ///< To be done when it is adopted.
    std::optional<machine_record> adopted_;       ///< A process that is being adopted, or is to be.
    std::optional<boost::asio::steady_timer> next_adoption_;
    std::optional<kept_monitor> store_;
    std::optional<kept_connection> kept_;  ///< With the process that is being adopted.
    std::string complaint_;                ///< The last one about an adoption or a record that failed.
};

}  // namespace coqmp::detail

#endif
