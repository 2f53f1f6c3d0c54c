// Reports the daemon's state to a service manager such as systemd: the protocol of sd_notify(3).
#ifndef COQMP_DAEMON_SERVICE_NOTIFICATION_HPP
#define COQMP_DAEMON_SERVICE_NOTIFICATION_HPP

#include <coqmp/descriptor.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace coqmp_daemon {

/// The variables of a service manager. An empty string: the variable is not set.
struct service_environment
{
    std::string notify_socket;
    std::string watchdog_usec;
    std::string watchdog_pid;

    /// Reads the variables and removes them from the environment, so that no child process reports in the daemon's name.
    [[nodiscard]] static service_environment take();
};

/// Sends one datagram for each call, or does nothing if no service manager asked for it.
///
/// It does not use libsystemd. A daemon must work under systemd however it was built, so libsystemd could only be optional, and
/// this code would still be needed without it. The protocol is one datagram, is stable, and is meant to be implemented by others:
/// since systemd 256, sd_notify(3) contains an example ("Notes").
/// @par Errors Each function returns the kernel's error, which deserves a line in the log; the daemon goes on. If the service
///   manager does not read, status(), keep_alive() and the functions for descriptors fail at once with EAGAIN: the next call
///   makes up for them, or the daemon's successor does without a descriptor. The other functions wait for up to a second first.
/// @par Threads One at a time.
class service_notification
{
public:
    explicit service_notification(service_environment const& environment);

    /// Start-up is complete, or a reload.
    boost::system::error_code ready();

    /// @param text one sentence for `systemctl status`; it may quote anything
    boost::system::error_code status(std::string_view text);

    /// The configuration is being read again; ready() must follow (Type=notify-reload).
    boost::system::error_code reloading();

    /// The daemon is about to end.
    boost::system::error_code stopping();

    /// The daemon is alive. Call it once in each watchdog_interval().
    boost::system::error_code keep_alive();

    /// Start-up or the end takes longer than the unit allows.
    /// @param more counted from now
    boost::system::error_code extend_timeout(std::chrono::microseconds more);

    /// Whether there is a service manager.
    [[nodiscard]] bool has_manager() const noexcept { return !address_.empty(); }

    /// Asks the service manager to keep a duplicate of a descriptor until it starts the daemon again, if the unit allows that
    /// (FileDescriptorStoreMax=). A connection stays there also when its peer has ended, because what the peer wrote last matters.
    /// @param name printable ASCII characters without a colon, at most 255
    boost::system::error_code keep_descriptor(std::string const& name, coqmp::descriptor const& which);

    /// The service manager no longer keeps what has this name.
    boost::system::error_code drop_descriptor(std::string const& name);

    /// How often to call keep_alive(): half of what the unit allows (WatchdogSec=). @return nothing: there is no watchdog
    [[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval() const noexcept { return watchdog_interval_; }

private:
    enum class urgency { now, may_be_lost };
    /// @param descriptor that travels with the message; -1: none
    boost::system::error_code send(std::string_view message, urgency how, int descriptor = -1);

    std::string address_;
    coqmp::descriptor socket_;
    boost::system::error_code failure_;
    std::optional<std::chrono::microseconds> watchdog_interval_;
};

}  // namespace coqmp_daemon

#endif
