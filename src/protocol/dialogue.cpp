#include "protocol/dialogue.hpp"

#include <coqmp/error.hpp>

#include <array>
#include <charconv>
#include <utility>
#include <variant>

namespace coqmp::protocol {

namespace {

// At most fifteen characters, which fit into a std::string without an allocation. QEMU takes 10 us to read each of them.
std::string handshake_id(std::uint64_t nonce)
{
    constexpr std::uint64_t nine_digits = 0xf'ffff'ffff;
    std::array<char, 15> text = {'c', 'o', 'q', 'm', 'p', '-'};
    auto const end = std::to_chars(text.data() + 6, text.data() + text.size(), nonce & nine_digits, 16).ptr;
    return {text.data(), end};
}

bool has_no_id(message_id const& id) noexcept
{
    return std::holds_alternative<std::monostate>(id);
}

}  // namespace

dialogue::dialogue(dialogue_options const& options)
    : negotiates_(options.negotiate),
      limits_(options.limits),
      decoder_(options.limits, options.negotiate ? framing::structure : framing::delimited),
      handshake_(handshake_id(options.nonce), options.out_of_band),
      ready_(!options.negotiate),
      trace_(options.on_output, options.on_input),
      sender_(options, counters_, trace_),
      matcher_(sender_.window(), sender_.ids())
{}

void dialogue::resume(bool out_of_band)
{
    resumption_ = std::make_unique<resumption>(handshake_.id(), out_of_band, limits_);
    std::string& output = sender_.output().text();
    std::size_t const begin = output.size();
    resumption_->begin(output);
    trace_.output(std::string_view(output).substr(begin));
}

// ---- What the peer sends ---------------------------------------------------------------------------------------------------

action dialogue::receive(std::string_view& input)
{
    bool const is_first_line = resumption_ && !resumption_->line().is_complete();
    return is_first_line ? receive_first_line(input) : receive_message(input);
}

action dialogue::receive_first_line(std::string_view& input)
{
    first_line& line = resumption_->line();
    if (!line.take(input) || !line.is_message())
        return nothing{};
    std::string const text = line.text();
    std::string_view whole = text;
    return receive_message(whole);
}

action dialogue::receive_message(std::string_view& input)
{
    // The first bytes may be the tail of a reply to an earlier client, and a synchronizing command must find its reply among
    // any bytes.
    if (!negotiates_)
        decoder_.tolerate_garbage(!has_heard_ || sender_.window().has_sync());
    std::string_view const before = input;
    message received = decoder_.decode(input);
    trace_.input(before.substr(0, before.size() - input.size()), !decoder_.inside_message());
    if (std::holds_alternative<no_message>(received)) {
        if (auto const error = decoder_.error())
            return ended{error};
        return nothing{};
    }
    has_heard_ = has_heard_ || !std::holds_alternative<unknown_message>(received);
    if (auto* happening = std::get_if<event>(&received)) {
        counters_.events.add();
        return happened{std::move(*happening)};
    }
    return ready_ ? handle(received) : handle_handshake(received);
}

action dialogue::handle_handshake(message& received)
{
    if (resumption_)
        return handle_resumption(received);
    std::string& output = sender_.output().text();
    std::size_t const begin = output.size();
    switch (handshake_.handle(received, output)) {
        case handshake_step::taken:
            trace_.output(std::string_view(output).substr(begin));
            return nothing{};
        case handshake_step::done:
            ready_ = true;
            return ready{};
        case handshake_step::failed:
            return ended{handshake_.error()};
        case handshake_step::not_mine:
            break;
    }
    return handle(received);
}

action dialogue::handle_resumption(message& received)
{
    switch (resumption_->handle(received)) {
        case handshake_step::done:
            handshake_.was_done(resumption_->greeting(), resumption_->out_of_band());
            resumption_.reset();
            ready_ = true;
            return ready{};
        case handshake_step::failed:
            return ended{resumption_->error()};
        case handshake_step::not_mine:
            counters_.unknown_ids.add();
            break;
        case handshake_step::taken:
            break;
    }
    return nothing{};
}

action dialogue::handle(message& received)
{
    if (auto* returned = std::get_if<return_message>(&received))
        return handle_return(*returned);
    if (auto* failed = std::get_if<error_message>(&received))
        return handle_error(*failed);
    counters_.unknown_messages.add();
    if (auto const* unknown = std::get_if<unknown_message>(&received))
        return ignored{"A message was ignored: " + unknown->why + "."};
    return ignored{"A greeting was ignored: none was expected."};
}

action dialogue::handle_return(return_message& received)
{
    auto const found = has_no_id(received.id) ? matcher_.match_unmarked(received.value) : matcher_.match(received.id);
    return settle(found, reply(std::move(received.value)));
}

action dialogue::handle_error(error_message& received)
{
    if (!has_no_id(received.id))
        return settle(matcher_.match(received.id), reply(std::move(received.error)));
    unmarked_error const error = matcher_.match_unmarked(received.error);
    switch (error.means) {
        case unmarked_error::meaning::failure:
            return settle(error.command, reply(std::move(received.error)));
        case unmarked_error::meaning::refused_id:
            if (sender_.send_without_id(error.command))
                return nothing{};
            return settle(error.command, reply(std::move(received.error)));
        case unmarked_error::meaning::stray:
            break;
    }
    counters_.unattributed_errors.add();
    return ignored{"An error without an id was ignored: " + error.why_stray + ": " + received.error.class_name + "."};
}

/// @param found the window's end if the reply belongs to no command
action dialogue::settle(in_flight_window::iterator found, reply&& answer)
{
    if (found == sender_.window().end()) {
        counters_.unknown_ids.add();
        return ignored{"A reply was ignored: no command of this session awaits it; it may belong to an earlier client."};
    }
    request* const owner = sender_.take_answered(found);
    if (owner == nullptr) {
        counters_.late_replies.add();
        return nothing{};
    }
    owner->stage_ = request::stage::idle;
    owner->answer_ = std::move(answer);
    counters_.replies.add();
    return answered{owner};
}

request* dialogue::find_request(std::uint64_t id) noexcept
{
    auto const found = sender_.window().find(id);
    return found != sender_.window().end() ? found->owner : nullptr;
}

void dialogue::skip_reply(std::uint64_t id)
{
    request* const owner = sender_.take_answered(id != 0 ? matcher_.match(id) : sender_.window().find(0));
    owner->stage_ = request::stage::idle;
    counters_.replies.add();
}

// ---- What the caller does --------------------------------------------------------------------------------------------------

boost::system::error_code dialogue::submit(request& submitted)
{
    if (submitted.command().is_out_of_band() && !out_of_band())
        return make_error_code(errc::out_of_band_unavailable);
    return sender_.submit(submitted);
}

}  // namespace coqmp::protocol
