// The event that a command is to cause: which one counts, and what a caller learns when it does not come.
#ifndef COQMP_SRC_SESSION_AWAITED_EVENT_HPP
#define COQMP_SRC_SESSION_AWAITED_EVENT_HPP

#include "session/session_impl.hpp"

#include <coqmp/event_filter.hpp>

#include <boost/system/error_code.hpp>

#include <memory>
#include <string>

namespace coqmp::detail {

/// An event that arrives while the command is still queued on this side is not caused by it.
[[nodiscard]] event_filter once_sent(session_impl::pointer session, std::shared_ptr<pending_command> const& request,
                                     event_filter until);

/// The names of the events, for a message.
[[nodiscard]] std::string names_of(event_filter const& until);

/// Whether the peer closed the connection after it had received the command: after `quit` QEMU may exit before it answers.
/// @param error of the command
[[nodiscard]] bool is_peers_end(session_impl const& session, boost::system::error_code error);

/// The command has succeeded, and its event did not come.
/// @param error of the wait for it
/// @param awaited names_of() it
[[noreturn]] void throw_missing_event(boost::system::error_code error, std::string const& command, std::string const& awaited);

}  // namespace coqmp::detail

#endif
