// How a process ended.
#ifndef COQMP_EXIT_STATUS_HPP
#define COQMP_EXIT_STATUS_HPP

#include <iosfwd>

namespace coqmp {

/// How a process ended. The kernel reports this only to the parent, and only once. It is unknown (exit_code -1, signal 0) for an
/// adopted machine, and for a child that other code has already reaped.
/// @see examples/demo.cpp, examples/listener.cpp
struct exit_status
{
    int exit_code = -1;  ///< -1 if it was killed by a signal, or if that is unknown.
    int signal = 0;      ///< 0 if it exited, or if that is unknown.

    friend bool operator==(exit_status const&, exit_status const&) = default;
};

/// Prints `exited with status 1`, `was killed by signal 9 (Killed)` or `ended with an unknown exit status`.
/// @see examples/demo.cpp
std::ostream& operator<<(std::ostream& out, exit_status const& status);

}  // namespace coqmp

#endif
