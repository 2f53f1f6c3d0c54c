// The process of a machine, from before it exists until after it has ended, for functions that any thread may call.
// Invariant: a signal for a process that is still being started is kept until there is one.
#ifndef COQMP_SRC_MACHINE_MACHINE_PROCESS_HPP
#define COQMP_SRC_MACHINE_MACHINE_PROCESS_HPP

#include "process/process.hpp"
#include "process/process_identity.hpp"
#include "supervision/end_record.hpp"

#include <coqmp/event.hpp>
#include <coqmp/exit_status.hpp>
#include <coqmp/machine_end.hpp>
#include <coqmp/machine_record.hpp>
#include <coqmp/shutdown_options.hpp>

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace coqmp::detail {

/// Safe to use from any thread.
class machine_process
{
public:
    /// @param may_outlive_us machine_spec::outlives_us
    /// @param is_released_at_last machine_spec::release_when_destroyed
    machine_process(bool may_outlive_us, bool is_released_at_last) noexcept
        : may_outlive_us_(may_outlive_us), is_released_at_last_(is_released_at_last)
    {}

    // ---- What the owner of the machine wants -------------------------------------------------------------------------------

    /// Ends it, at once or soon.
    void signal(int number) noexcept;
    /// It is being told to end by other means.
    void requested() noexcept;
    /// It was not told yet, and is not to end any more.
    void withdraw_request() noexcept;
    /// @throws boost::system::system_error errc::cannot_release
    [[nodiscard]] machine_record record() const;
    /// From now on it survives us. @throws as record()
    machine_record release();
    /// From now on it survives us, even if it is being asked to end. @return whether that is possible
    bool leave_alone() noexcept;
    /// The machine is being destroyed: releases it, if it is to be released then and can be.
    void release_at_last() noexcept;
    /// From now on it is released at last. Destroys something when the process has ended, or is not ours any more.
    void keep(std::shared_ptr<void> something) noexcept;
    /// Destroys it now.
    void drop() noexcept;
    /// It ends with us (again).
    void take_back() noexcept;

    // ---- What happens to it ------------------------------------------------------------------------------------------------

    void being_started() noexcept;
    void not_started() noexcept;
    void started(std::shared_ptr<process> which, process_identity identity);
    /// The machine is ready. @param dialed the path of the socket that it dials, which is moved from
    void ready(std::string& dialed) noexcept;
    void take(event const& what);
    void exited() noexcept;
    /// There will be no more events.
    void conclude(exit_status status, shutdown_step last_step);
    /// @return the process; from now on there is none here
    [[nodiscard]] std::shared_ptr<process> leave() noexcept;

    // ---- What is known -----------------------------------------------------------------------------------------------------

    [[nodiscard]] bool exists() const noexcept { return get() != nullptr; }
    /// None before it has been started.
    [[nodiscard]] std::shared_ptr<process> get() const noexcept;
    /// -1: it has not been started.
    [[nodiscard]] ::pid_t pid() const noexcept;
    [[nodiscard]] std::string standard_error() const;
    [[nodiscard]] bool is_released() const noexcept;
    [[nodiscard]] std::optional<machine_end> end() const;

private:
    [[nodiscard]] char const* why_it_cannot_be_released() const noexcept;
    [[nodiscard]] machine_record make_record() const;

    bool const may_outlive_us_;
    mutable std::mutex mutex_;  // protects all that follows
    std::shared_ptr<process> process_;
    process_identity identity_;  // of a process that may outlive us
    bool is_being_started_ = false;
    bool is_released_ = false;
    bool is_to_end_ = false;
    bool has_exited_ = false;
    int wanted_signal_ = 0;  // for a process that is still being started
    std::string dialed_;
    bool is_released_at_last_;
    std::shared_ptr<void> kept_;
    end_record record_;
    std::optional<machine_end> end_;
};

}  // namespace coqmp::detail

#endif
