// A QEMU that goes to the background (`-daemonize`): the process that we start forks another one, and ends.
// Invariant: the daemon is the process behind the connection, and never one that is older than its launcher.
#ifndef COQMP_SRC_MACHINE_DAEMON_LAUNCHER_HPP
#define COQMP_SRC_MACHINE_DAEMON_LAUNCHER_HPP

#include "process/child.hpp"
#include "process/process.hpp"
#include "process/started_process.hpp"

#include <coqmp/exit_status.hpp>
#include <coqmp/launch_options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace coqmp::detail {

/// Used on the machine's executor only.
class daemon_launcher
{
public:
    /// @throws boost::system::system_error the kernel's error if the process cannot be watched; then `started` still owns it
    daemon_launcher(boost::asio::any_io_executor const& executor, started_process&& started, launch_options const& options);

    /// @param on_end runs when it has ended
    void watch(process::callback on_end) { process_->watch(std::move(on_end)); }
    void ended(exit_status status) noexcept { status_ = status; }
    void signal(int number) noexcept { process_->signal(number); }

    /// The daemon, if it is at the other end of this connection; otherwise null.
    [[nodiscard]] std::shared_ptr<child const> daemon_behind(int connection) const;
    /// Takes the daemon over, which from now on ends with its object.
    /// @throws boost::system::system_error the kernel's error if the daemon cannot be watched
    [[nodiscard]] std::shared_ptr<process> adopt(boost::asio::any_io_executor const& executor,
                                                 std::shared_ptr<child const> const& daemon);

    /// The daemon was adopted: the launcher has done its part.
    void retire() noexcept;

    /// Nothing while it runs.
    [[nodiscard]] std::optional<exit_status> const& status() const noexcept { return status_; }
    /// Whether it has ended as one that has forked a daemon.
    [[nodiscard]] bool has_forked() const noexcept;
    [[nodiscard]] std::string standard_error() const { return process_->standard_error(); }

private:
    std::shared_ptr<process> process_;
    std::uint64_t start_time_;
    std::optional<exit_status> status_;
};

}  // namespace coqmp::detail

#endif
