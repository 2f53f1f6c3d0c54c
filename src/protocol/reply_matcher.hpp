// Matches a reply to its command: by its id, or without one by what it returns and by the order of the commands.
#ifndef COQMP_SRC_PROTOCOL_REPLY_MATCHER_HPP
#define COQMP_SRC_PROTOCOL_REPLY_MATCHER_HPP

#include "protocol/id_source.hpp"
#include "protocol/in_flight_window.hpp"
#include "protocol/message.hpp"

#include <coqmp/command_error.hpp>

#include <boost/json/value.hpp>

#include <string>

namespace coqmp::protocol {

/// What an error without an id means.
struct unmarked_error
{
    enum class meaning {
        failure,     ///< The command has failed.
        refused_id,  ///< The peer has not executed the command, because it has an id.
        stray        ///< It belongs to no command.
    };

    meaning means;
    in_flight_window::iterator command;
    std::string why_stray;
};

/// Finds commands in the window, and learns from the replies whether the peer knows ids.
class reply_matcher
{
public:
    using iterator = in_flight_window::iterator;

    reply_matcher(in_flight_window& window, id_source& ids) noexcept : window_(window), ids_(ids) {}

    /// @return the command that a reply with this id is for; the window's end if there is none
    [[nodiscard]] iterator match(message_id const& id);

    /// The same for a reply without an id.
    [[nodiscard]] iterator match_unmarked(boost::json::value const& returned);

    [[nodiscard]] unmarked_error match_unmarked(command_error const& error);

private:
    [[nodiscard]] unmarked_error failure_of(iterator command) const;
    [[nodiscard]] unmarked_error stray(std::string why) const;

    in_flight_window& window_;
    id_source& ids_;
};

}  // namespace coqmp::protocol

#endif
