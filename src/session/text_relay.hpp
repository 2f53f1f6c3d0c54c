// Passes on QEMU's messages unchanged if they are not needed as values: in the session of a proxy.
#ifndef COQMP_SRC_SESSION_TEXT_RELAY_HPP
#define COQMP_SRC_SESSION_TEXT_RELAY_HPP

#include "events/event_hub.hpp"
#include "protocol/dialogue.hpp"
#include "protocol/plain_message.hpp"
#include "session/command_table.hpp"

#include <string_view>

namespace coqmp::detail {

/// Part of a session, and used on its executor only.
class text_relay
{
public:
    text_relay(protocol::dialogue& dialogue, event_hub& events, command_table& commands) noexcept
        : dialogue_(dialogue), events_(events), commands_(commands)
    {}

    /// Removes the first message from the input if it has been passed on. @return false: the dialogue must read it
    bool pass_on(std::string_view& input)
    {
        return events_.is_observed() && dialogue_.may_skip_message() && pass_on_observed(input);
    }

private:
    bool pass_on_observed(std::string_view& input);
    bool pass_on(protocol::plain_reply const& reply);
    bool pass_on(protocol::plain_event const& event);

    protocol::dialogue& dialogue_;
    event_hub& events_;
    command_table& commands_;
};

}  // namespace coqmp::detail

#endif
