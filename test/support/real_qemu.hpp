// A real QEMU (or another program with a monitor) for tests of the session, without the library's own launcher.
// Invariant: the process and its directory do not outlive the object.
#ifndef COQMP_TEST_SUPPORT_REAL_QEMU_HPP
#define COQMP_TEST_SUPPORT_REAL_QEMU_HPP

#include "support/temporary_directory.hpp"

#include <coqmp/endpoint.hpp>

#include <sys/types.h>

#include <string>
#include <vector>

namespace coqmp::test {

/// How a client reaches the monitor.
enum class monitor_kind { unix_socket, tcp, pair };

/// A QEMU with one monitor. Its output is printed once it has exited, except for the line that says that it waits for a
/// connection. Its socket is bound and listening before it starts, so that a client can connect immediately.
class real_qemu
{
public:
    /// `-M none -nodefaults -display none -S`
    [[nodiscard]] static std::vector<std::string> no_machine();

    /// @param arguments arguments before those of the monitor @param mon text added to `-mon chardev=monitor,mode=control`
    explicit real_qemu(std::vector<std::string> const& arguments = no_machine(), monitor_kind kind = monitor_kind::unix_socket,
                       std::string const& mon = "");

    /// Any program; its monitor's listening (or, of a pair, connected) socket is its descriptor 3.
    real_qemu(std::string const& program, std::vector<std::string> const& arguments, monitor_kind kind);

    real_qemu(real_qemu const&) = delete;
    real_qemu& operator=(real_qemu const&) = delete;
    ~real_qemu();

    [[nodiscard]] endpoint const& monitor() const noexcept { return monitor_; }
    [[nodiscard]] ::pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] std::filesystem::path const& directory() const noexcept { return directory_.path(); }

    void signal(int number) const;
    /// Sends SIGSTOP, and waits until the process has stopped.
    void stop() const;
    void resume() const;
    /// Waits until the process has exited. @return its exit status, or 128 + the number of the signal
    int wait();

private:
    int open_monitor(monitor_kind kind);
    void launch(std::string const& program, std::vector<std::string> const& arguments, int monitor);

    temporary_directory directory_;
    endpoint monitor_;
    ::pid_t pid_ = -1;
    int process_ = -1;
    int output_ = -1;
};

}  // namespace coqmp::test

#endif
