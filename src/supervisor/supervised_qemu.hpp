// The processes of a supervised machine, one after the other, as the driver of its rules sees them.
// Invariant: after launch(), and after adopt(), exactly one ended() follows, when the kernel has reported the end.
#ifndef COQMP_SRC_SUPERVISOR_SUPERVISED_QEMU_HPP
#define COQMP_SRC_SUPERVISOR_SUPERVISED_QEMU_HPP

#include "supervision/restart_rules.hpp"

#include <coqmp/event.hpp>
#include <coqmp/machine_record.hpp>
#include <coqmp/machine_spec.hpp>
#include <coqmp/shutdown_options.hpp>

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>

namespace coqmp::detail {

class session_impl;

/// What happens to a process. Called on the executor, and never inside a function of supervised_qemu, except wrote().
class qemu_owner
{
public:
    qemu_owner(qemu_owner const&) = delete;
    qemu_owner& operator=(qemu_owner const&) = delete;

    /// A process of another owner was found; connected() follows, and in the end ended().
    virtual void found() = 0;
    /// @param is_out_of_space_listed as for machine_lifecycle::connected()
    virtual void connected(bool has_out_of_band, bool is_out_of_space_listed) = 0;
    virtual void disconnected() = 0;
    /// @param failure why it did not start, for people; else empty
    virtual void ended(process_end const& what, std::string const& failure) = 0;
    virtual void happened(event const& what) = 0;
    virtual void wrote(std::string const& sentence) = 0;

protected:
    qemu_owner() = default;
    ~qemu_owner() = default;
};

/// Used on the executor only, unless stated otherwise.
class supervised_qemu
{
public:
    supervised_qemu() = default;
    supervised_qemu(supervised_qemu const&) = delete;
    supervised_qemu& operator=(supervised_qemu const&) = delete;
    virtual ~supervised_qemu() = default;

    /// What the next launch() starts. A process that lives stays as it is.
    virtual void apply(machine_spec spec) = 0;
    /// Starts a process. There must be none.
    virtual void launch() = 0;
    /// Takes over a process that an earlier supervisor has launched.
    virtual void adopt(machine_record const& which) = 0;
    virtual void shut_down(shutdown_options const& options) = 0;
    /// If it is being shut down, that may take longer by this much.
    virtual void extend_shutdown(std::chrono::nanoseconds by) = 0;
    virtual void kill() = 0;
    /// The connection has ended, but the process has not: connects again if possible.
    virtual void reconnect() = 0;
    /// Lets it live on without us, also while it is being shut down. @throws boost::system::system_error errc::cannot_release
    virtual void release() = 0;
    /// Ends the process, unless it was released, and never calls the owner again.
    virtual void abandon() noexcept = 0;

    /// The session with it; null if there is none, or it is not ready.
    [[nodiscard]] virtual std::shared_ptr<session_impl> monitor() const = 0;
    /// -1: there is none. From any thread.
    [[nodiscard]] virtual ::pid_t pid() const noexcept = 0;
};

}  // namespace coqmp::detail

#endif
