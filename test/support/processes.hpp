// Programs to launch, and checks that they have ended.
#ifndef COQMP_TEST_SUPPORT_PROCESSES_HPP
#define COQMP_TEST_SUPPORT_PROCESSES_HPP

#include <coqmp/machine.hpp>

#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <string>

namespace coqmp::test {

/// A QEMU without a machine, which starts fastest.
/// @param more arguments; not a list, because g++ 12 rejects initializer lists in a co_await expression
template <class... Arguments>
machine_spec bare_qemu(Arguments... more)
{
    machine_spec spec;
    spec.arguments = {"-M", "none", "-nodefaults", "-display", "none", "-S"};
    (spec.arguments.emplace_back(more), ...);
    return spec;
}

/// A QEMU that runs firmware and ignores the power button.
inline machine_spec running_pc()
{
    machine_spec spec;
    spec.arguments = {"-M", "q35", "-accel", "tcg", "-nodefaults", "-display", "none"};
    return spec;
}

/// A shell script. The monitor's arguments are "$@".
inline machine_spec script(std::string text)
{
    machine_spec spec;
    spec.program = "/bin/sh";
    spec.arguments = {"-c", std::move(text), "script"};
    return spec;
}

inline bool is_gone(::pid_t process)
{
    return process > 0 && ::kill(process, 0) != 0 && errno == ESRCH;
}

/// Whether there is no running child and no zombie.
inline bool no_child_is_left()
{
    ::siginfo_t information{};
    return ::waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

/// Returns once the last child that is reaped in the background has been reaped.
inline void await_no_child()
{
    ::siginfo_t information{};
    while (::waitid(P_ALL, 0, &information, WEXITED | WNOWAIT) == 0 || errno == EINTR)
        continue;
}

}  // namespace coqmp::test

#endif
