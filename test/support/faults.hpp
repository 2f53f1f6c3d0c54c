// A kernel that fails when a test wants it to. The test program's own versions of some system calls come before libc's, so
// that what the library asks of the kernel, directly or through Asio, can be answered with any error.
// Invariant: without a `fault`, or on another thread, every call does what it always does.
#ifndef COQMP_TEST_SUPPORT_FAULTS_HPP
#define COQMP_TEST_SUPPORT_FAULTS_HPP

#include <iosfwd>

namespace coqmp::test {

enum class system_call {
    accept4,
    bind,
    connect,
    epoll_ctl,
    listen,
    pidfd_open,
    pipe2,
    posix_spawnp,
    recv,
    sendmsg,
    socket,
    socketpair
};

std::ostream& operator<<(std::ostream& out, system_call which);

/// Instead of its error a call does less than it was asked for: one byte is sent or received.
inline constexpr int one_byte = 0;

/// While it exists one call of this thread fails, or several one after the other.
class fault
{
public:
    /// @param nth which of the calls, from 0 @param error an errno, or one_byte @param times how many calls fail from there on
    fault(system_call which, int nth, int error, int times = 1);
    fault(fault const&) = delete;
    fault& operator=(fault const&) = delete;
    ~fault();

    /// Whether there were so many calls.
    [[nodiscard]] bool has_struck() const noexcept { return struck_ != 0; }

    /// How many calls have failed.
    [[nodiscard]] int times_struck() const noexcept { return struck_; }

    /// What the call that is being made has to fail with; -1 if it has to succeed.
    [[nodiscard]] static int strikes(system_call which) noexcept;

private:
    system_call which_;
    int left_;
    int error_;
    int times_;
    int struck_ = 0;
    fault* outer_;
};

}  // namespace coqmp::test

#endif
