// A kernel that fails when a test wants it to. The test program overrides some of libc's system calls, so that any call of the
// library, made directly or through Asio, can fail with any error.
// Invariant: without a `fault`, and on threads that it does not affect, every call behaves normally.
#ifndef COQMP_TEST_SUPPORT_FAULTS_HPP
#define COQMP_TEST_SUPPORT_FAULTS_HPP

#include <algorithm>
#include <atomic>
#include <functional>
#include <iosfwd>

namespace coqmp::test {

enum class system_call {
    accept4,
    bind,
    clone,
    connect,
    epoll_ctl,
    listen,
    pidfd_open,
    pidfd_send_signal,
    pipe2,
    recv,
    sendmsg,
    socket,
    socketpair
};

std::ostream& operator<<(std::ostream& out, system_call which);

/// Instead of failing, a call sends or receives only one byte.
inline constexpr int one_byte = 0;

/// The threads whose calls are affected.
enum class reach { this_thread, every_thread };

/// While this object exists, one call or several calls in a row fail.
class fault
{
public:
    /// @param nth which of the calls, from 0 @param error an errno, or one_byte @param times how many calls fail from there on
    fault(system_call which, int nth, int error, int times = 1, reach whose = reach::this_thread);
    /// Affects one call.
    fault(system_call which, int nth, int error, reach whose) : fault(which, nth, error, 1, whose) {}
    fault(fault const&) = delete;
    fault& operator=(fault const&) = delete;
    ~fault();

    /// Whether there were enough calls to reach it.
    [[nodiscard]] bool has_struck() const noexcept { return times_struck() != 0; }

    /// The number of calls that have failed.
    [[nodiscard]] int times_struck() const noexcept { return std::clamp(-left_.load(), 0, times_); }

    /// The error with which the current call must fail, or -1 if it must succeed.
    [[nodiscard]] static int strikes(system_call which) noexcept;

private:
    [[nodiscard]] int strike(system_call which) noexcept;

    system_call which_;
    std::atomic<int> left_;
    int error_;
    int times_;
    reach whose_;
    fault* outer_ = nullptr;
};

/// While this object exists, a thread that makes such a call also calls a function.
class call_watch
{
public:
    enum class moment { before, after };  ///< after: of clone only

    call_watch(system_call which, std::function<void()> called, moment when = moment::before);
    call_watch(call_watch const&) = delete;
    call_watch& operator=(call_watch const&) = delete;
    ~call_watch();

    /// Calls the functions that watch this call.
    static void notify(system_call which, moment when);

private:
    system_call which_;
    moment when_;
    std::function<void()> called_;
};

}  // namespace coqmp::test

#endif
