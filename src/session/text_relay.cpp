#include "session/text_relay.hpp"

#include "session/pending_command.hpp"

#include <variant>

namespace coqmp::detail {

bool text_relay::pass_on_observed(std::string_view& input)
{
    auto const found = protocol::find_plain_message(input);
    std::string_view const rest = input.substr(found.size);
    auto const* const reply = std::get_if<protocol::plain_reply>(&found.what);
    auto const* const event = std::get_if<protocol::plain_event>(&found.what);
    bool const is_passed_on = reply != nullptr ? pass_on(*reply) : event != nullptr && pass_on(*event);
    if (is_passed_on)
        input = rest;
    return is_passed_on;
}

bool text_relay::pass_on(protocol::plain_reply const& reply)
{
    protocol::request* const asked = dialogue_.find_request(reply.id);
    if (asked == nullptr)
        return false;
    auto const& receiver = pending_command::of(*asked).receiver;
    if (!receiver || !receiver->takes_text())
        return false;
    dialogue_.skip_reply(reply.id);
    commands_.answer_as_text(*asked, reply.value);
    return true;
}

bool text_relay::pass_on(protocol::plain_event const& event)
{
    bool const is_early = dialogue_.counters().commands.read() == 0;
    bool const is_passed_on = events_.publish_text(event, is_early);
    if (is_passed_on)
        dialogue_.skip_event();
    return is_passed_on;
}

}  // namespace coqmp::detail
