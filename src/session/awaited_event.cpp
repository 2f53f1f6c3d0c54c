#include "session/awaited_event.hpp"

#include <coqmp/error.hpp>
#include <coqmp/event.hpp>

#include <boost/system/system_error.hpp>

#include <utility>

using boost::system::error_code;
using boost::system::system_error;

namespace coqmp::detail {

// The filter must not own the command, because the command's handler owns the filter. A command that no longer exists has had its
// reply.
event_filter once_sent(session_impl::pointer session, std::shared_ptr<pending_command> const& request, event_filter until)
{
    return event_filter().matching(
        [session = std::move(session), sent = std::weak_ptr(request), until = std::move(until)](event const& candidate) {
            auto const command = sent.lock();
            return (!command || session->was_sent(*command)) && until.accepts(candidate);
        });
}

std::string names_of(event_filter const& until)
{
    if (until.names().empty())
        return "the event";
    std::string text;
    for (std::string const& name : until.names())
        text += (text.empty() ? "" : " or ") + name;
    return text;
}

bool is_peers_end(session_impl const& session, error_code error)
{
    return error == errc::disconnected && error == errc::outcome_unknown && !session.ended()->was_closed_here();
}

void throw_missing_event(error_code error, std::string const& command, std::string const& awaited)
{
    if (error == errc::end_of_stream)
        throw system_error(make_error_code(errc::disconnected), command + " succeeded, but " + awaited + " did not come");
    throw system_error(error, command + " until " + awaited);
}

}  // namespace coqmp::detail
