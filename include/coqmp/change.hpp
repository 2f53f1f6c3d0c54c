// A change in the life of a supervised machine.
#ifndef COQMP_CHANGE_HPP
#define COQMP_CHANGE_HPP

#include <coqmp/lifecycle.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>

namespace coqmp {

/// What a supervisor reports when the state of a machine changes, or the reason for it, or how well its QEMU answers.
/// @see supervisor::subscribe(), examples/supervisor.cpp
struct change
{
    change() = default;  // not an aggregate, as session_options

    std::string machine;  ///< Its name.
    lifecycle state = lifecycle::defined;
    /// In words, for people: `the guest panicked`, for example. Empty if there is nothing to explain. If the machine did not start,
    /// it includes the last lines of QEMU's standard error, which are not safe for a terminal; operator<< escapes them.
    std::string reason;
    machine_status status;          ///< The same for programs, and more.
    std::uint64_t lost_before = 0;  ///< Changes that the stream has lost right before this one, because its queue was full.
};

/// Prints `vm7: failed (the guest panicked)`.
std::ostream& operator<<(std::ostream& out, change const& what);

}  // namespace coqmp

#endif
