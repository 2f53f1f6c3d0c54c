// How a process ended.
#ifndef COQMP_EXIT_STATUS_HPP
#define COQMP_EXIT_STATUS_HPP

#include <iosfwd>

namespace coqmp {

/// How a process ended.
struct exit_status
{
    int exit_code = -1;  ///< -1 if it was killed by a signal.
    int signal = 0;      ///< 0 if it exited.

    friend bool operator==(exit_status const&, exit_status const&) = default;
};

/// Prints `exited with status 1` or `was killed by signal 9 (Killed)`.
std::ostream& operator<<(std::ostream& out, exit_status const& status);

}  // namespace coqmp

#endif
