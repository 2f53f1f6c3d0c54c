// A start that launches a process.
// Invariant: it completes when the machine is ready; if it fails, the process is gone, except for a daemon that never connected.
#ifndef COQMP_SRC_MACHINE_LAUNCHING_HPP
#define COQMP_SRC_MACHINE_LAUNCHING_HPP

#include "detail/handler_memory.hpp"
#include "detail/unique_fd.hpp"
#include "machine/daemon_launcher.hpp"
#include "machine/machine_start.hpp"
#include "process/launch.hpp"
#include "process/process_options.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/exit_status.hpp>

#include <boost/system/error_code.hpp>

#include <memory>
#include <optional>

namespace coqmp::detail {

/// Kills the process if the start fails, unless it is a daemon that has not connected.
class launching final : public machine_start
{
public:
    /// @param listener where the program connects; none: a socketpair
    /// @param lock is inherited, too; may be empty
    launching(std::shared_ptr<machine_impl> machine, start_completion completion, std::optional<remote_listener> listener,
              std::optional<descriptor> lock = std::nullopt);

    void begin() override;
    void connect(unique_fd connection) override;
    /// Kills the process, whose end completes it.
    void give_up(boost::system::error_code why) override;
    void process_ended() override;
    void abandon() noexcept override;

private:
    void connected(boost::system::error_code error) override;
    void expire() override;
    [[nodiscard]] bool has_begun() const noexcept override { return launch_ != nullptr; }

    [[nodiscard]] process_options what_to_launch() const;
    [[nodiscard]] bool await_process();
    void cannot_begin();
    void take_process(launch::outcome& outcome);
    void take_launcher(launch::outcome& outcome);
    void launcher_ended(exit_status status);
    [[nodiscard]] bool take_daemon(std::shared_ptr<child const> const& which);
    void take(std::shared_ptr<process> started);
    void fail_with_reason();

    std::shared_ptr<launch> launch_;
    std::optional<descriptor> lock_;  ///< Until the program has it.
    bool const daemonizes_;           ///< QEMU forks into the background; only its connection identifies the new process.
    std::unique_ptr<daemon_launcher> launcher_;  ///< The process that we start, if it is not the machine's own.
    unique_fd early_connection_;                 ///< Came before the outcome of the launch.
    bool launched_ = false;                      ///< The outcome of the launch is known.
    bool killed_ = false;                        ///< We have sent SIGKILL: how it ended says nothing.
    bool ready_ = false;                         ///< The session is ready; over TCP it may be before the process is known here.
};

}  // namespace coqmp::detail

#endif
