// The process at the other end of a session.
#ifndef COQMP_SESSION_PEER_HPP
#define COQMP_SESSION_PEER_HPP

#include <coqmp/descriptor.hpp>

#include <sys/types.h>

namespace coqmp {

/// The process that has connected to a listener on a unix socket, as the kernel saw it at that moment (`SO_PEERCRED`).
/// @see session::peer()
struct session_peer
{
    session_peer() = default;  // not an aggregate, as session_options

    ::pid_t process = 0;
    ::uid_t user = 0;
    /// A pidfd: becomes readable when the process ends. It is opened by the process number when the session is accepted: if the
    /// peer has already ended, it is empty, or refers to a new process with that number. Also empty if no descriptor was
    /// available.
    descriptor pidfd = descriptor(-1);
};

}  // namespace coqmp

#endif
