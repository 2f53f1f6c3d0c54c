// Which answers overtake others, and when reading stops, is as measured with QEMU 7.2.22 (`-M none`). Errors take their place in the
// queue, except those of an `exec-oob`. An `exec-oob` behind eight in-band commands is answered first; one behind nine, of
// which one is executed and eight wait, is not read before the first of them is answered.
#include "protocol/server_dialogue.hpp"

#include "protocol/ascii_json.hpp"
#include "protocol/plain_request.hpp"
#include "protocol/request_check.hpp"
#include "protocol/request_parser.hpp"
#include "protocol/server_message.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace json = boost::json;

namespace coqmp::protocol {

server_dialogue::server_dialogue(server_dialogue_options const& options)
    : queue_length_(options.queue_length),
      output_limit_(options.output_limit),
      framer_(options.limits),
      negotiation_(options.greeting.capabilities)
{
    output_.append(greeting_text(options.greeting));
}

bool server_dialogue::wants_input() const noexcept
{
    std::size_t const most = out_of_band_ ? queue_length_ : 0;
    return !urgent_ && in_band_.size() <= most && waiting_bytes() <= output_limit_;
}

server_action server_dialogue::receive(std::string_view& input)
{
    if (!wants_input())
        return nothing{};
    if (framer_.is_between_messages()) {
        if (auto plain = find_plain_request(input, framer_.limits(), out_of_band_)) {
            input.remove_prefix(plain->size);
            return handle(std::move(plain->command), std::string(plain->id));
        }
    }
    framed_text framed = framer_.take(input);
    if (auto* malformed = std::get_if<malformed_text>(&framed))
        return refuse({}, {"GenericError", std::move(malformed->why)}, false);
    auto const* complete = std::get_if<complete_text>(&framed);
    if (complete == nullptr)
        return nothing{};
    auto parsed = parse_request(complete->tokens);
    auto* const received = std::get_if<parsed_text>(&parsed);
    std::string id = received != nullptr ? echoed_id(received->id) : std::string();
    framer_.release();
    if (received == nullptr)
        return refuse({}, {"GenericError", std::get<std::string>(std::move(parsed))}, false);
    return handle(std::move(received->value), std::move(id));
}

server_action server_dialogue::handle(json::value&& received, std::string id)
{
    bool const overtakes = overtakes_others(received);
    auto checked = check_request(std::move(received), out_of_band_);
    if (auto* error = std::get_if<command_error>(&checked))
        return refuse(id, std::move(*error), overtakes);
    return handle(std::get<client_command>(std::move(checked)), std::move(id));
}

server_action server_dialogue::handle(client_command&& command, std::string id)
{
    if (negotiation_.concerns(command))
        return negotiate(command, id);
    return request(std::move(command), std::move(id));
}

server_action server_dialogue::negotiate(client_command const& command, std::string const& id)
{
    if (auto refusal = negotiation_.execute(command))
        return refuse(id, std::move(*refusal), command.out_of_band);
    out_of_band_ = negotiation_.has_enabled("oob");
    in_band_.add_answered(return_text(id, "{}"));
    in_band_.flush(output_);
    return negotiated{};
}

server_action server_dialogue::request(client_command&& command, std::string id)
{
    ticket const which{++last_ticket_};
    if (command.out_of_band)
        urgent_ = out_of_band_command{which, std::move(id)};
    else
        in_band_.add(which, std::move(id));
    return requested{which, std::move(command)};
}

server_action server_dialogue::refuse(std::string_view id, command_error error, bool overtakes)
{
    std::string text = error_text(id, error);
    if (overtakes) {
        output_.append(text);
    } else {
        in_band_.add_answered(std::move(text));
        in_band_.flush(output_);
    }
    return refused{std::move(error)};
}

void server_dialogue::receive_descriptors(std::vector<descriptor> received)
{
    if (!received.empty())
        received_descriptors_ = std::move(received);
}

std::vector<descriptor> server_dialogue::take_descriptors(std::size_t most)
{
    std::vector<descriptor> result = std::exchange(received_descriptors_, {});
    result.erase(result.begin() + static_cast<std::ptrdiff_t>(std::min(most, result.size())), result.end());
    return result;
}

bool server_dialogue::answer(ticket which, json::value const& value, std::vector<descriptor> descriptors)
{
    std::string text;
    append_ascii(text, value);
    return answer_text(which, text, std::move(descriptors));
}

bool server_dialogue::answer_text(ticket which, std::string_view value, std::vector<descriptor> descriptors)
{
    std::string const* const id = find_id(which);
    if (id == nullptr)
        return false;
    finish(which, return_text(*id, value), std::move(descriptors));
    return true;
}

bool server_dialogue::fail(ticket which, command_error const& error)
{
    std::string const* const id = find_id(which);
    if (id == nullptr)
        return false;
    finish(which, error_text(*id, error), {});
    return true;
}

bool server_dialogue::send_event(std::string_view text)
{
    if (!is_negotiated())
        return false;
    output_.append(text);
    return true;
}

std::string const* server_dialogue::find_id(ticket which) const noexcept
{
    return urgent_ && urgent_->which == which ? &urgent_->id : in_band_.find_id(which);
}

void server_dialogue::finish(ticket which, std::string text, std::vector<descriptor> descriptors)
{
    if (urgent_ && urgent_->which == which) {
        output_.append(text, std::move(descriptors));
        urgent_.reset();
        return;
    }
    in_band_.answer(which, std::move(text), std::move(descriptors));
    in_band_.flush(output_);
}

}  // namespace coqmp::protocol
