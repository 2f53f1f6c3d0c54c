// The operations of a session, from any thread: each goes to the session's executor, and can be cancelled there.
#ifndef COQMP_SRC_SESSION_SESSION_OPERATIONS_HPP
#define COQMP_SRC_SESSION_SESSION_OPERATIONS_HPP

#include "session/session_impl.hpp"

#include <coqmp/session.hpp>

#include <memory>

namespace coqmp::detail {

// Those of the public handle are declared in coqmp/session.hpp.

/// Connects to an address, or takes over a connection.
void start_connect(session_impl::pointer const& impl, session_impl::plain_handler&& handler, connect_target&& target);

/// Starts the execution of a command. All commands go through this function.
void start_pending(session_impl::pointer const& impl, session_impl::reply_handler&& handler,
                   std::shared_ptr<pending_command>&& pending);

}  // namespace coqmp::detail

#endif
