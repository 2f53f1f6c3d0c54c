#include "protocol/dialogue.hpp"

#include "protocol/encoder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <new>

namespace coqmp::protocol {

namespace {

// SCM_MAX_FD of Linux: sendmsg() fails with EINVAL above it.
constexpr std::size_t descriptor_limit = 253;

// How many commands on the wire there is room for at first, and the room that is kept when all are answered.
constexpr std::size_t least_wire = 8;
constexpr std::size_t large_wire = 1024;

// Fifteen characters, which no std::string allocates for; and QEMU takes 10 us to read each.
std::string handshake_id(std::uint64_t nonce)
{
    constexpr std::uint64_t nine_digits = 0xf'ffff'ffff;
    std::array<char, 15> text = {'c', 'o', 'q', 'm', 'p', '-'};
    auto const end = std::to_chars(text.data() + 6, text.data() + text.size(), nonce & nine_digits, 16).ptr;
    return {text.data(), end};
}

// Without a handshake, after which no reply of another client's can follow, ids start at random.
std::uint64_t first_number(dialogue_options const& options)
{
    return options.negotiate ? short_ids::longest + 1 : (options.nonce >> 16) + 1;
}

}  // namespace

dialogue::dialogue(dialogue_options const& options)
    : options_(options),
      decoder_(options.limits),
      handshake_(handshake_id(options.nonce), options.out_of_band),
      ready_(!options.negotiate),
      next_number_(first_number(options))
{}

action dialogue::receive(std::string_view& input)
{
    message received = decoder_.decode(input);
    if (std::holds_alternative<no_message>(received)) {
        if (auto const error = decoder_.error())
            return ended{error};
        return nothing{};
    }
    if (auto* what = std::get_if<event>(&received)) {
        counters_.events.add();
        return happened{std::move(*what)};
    }
    return ready_ ? handle(received) : handle_handshake(received);
}

action dialogue::handle_handshake(message& received)
{
    std::size_t const begin = output_.size();
    switch (handshake_.handle(received, output_)) {
        case handshake_step::taken:
            tell_output(begin);
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

action dialogue::handle(message& received)
{
    if (auto* returned = std::get_if<return_message>(&received))
        return match(returned->id, reply(std::move(returned->value)));
    if (auto* failed = std::get_if<error_message>(&received)) {
        if (std::holds_alternative<std::monostate>(failed->id))
            return match_without_id(std::move(failed->error));
        return match(failed->id, reply(std::move(failed->error)));
    }
    counters_.unknown_messages.add();
    if (auto const* unknown = std::get_if<unknown_message>(&received))
        return ignored{"A message was ignored: " + unknown->why + "."};
    return ignored{"A greeting was ignored: none was awaited."};
}

action dialogue::match(message_id const& id, reply&& answer)
{
    if (auto const* number = std::get_if<std::uint64_t>(&id)) {
        auto const found = std::find_if(wire_.begin(), wire_.end(), [&](entry const& one) { return one.id == *number; });
        if (found != wire_.end()) {
            if (options_.negotiate && found->id <= short_ids::longest)
                short_ids_.give_back(found->id);
            return settle(found, std::move(answer));
        }
    }
    counters_.unknown_ids.add();
    return ignored{"A reply was ignored: it answers none of our commands, but perhaps an earlier client's."};
}

action dialogue::match_without_id(command_error&& error)
{
    // With one command on the wire it can be no other's. Before the handshake is over it can be an earlier client's. A peer
    // that answers out of order may still owe the answer to a command that it has passed over.
    if (ready_ && wire_.size() == 1 && !has_passed_over_)
        return settle(wire_.begin(), reply(std::move(error)));
    counters_.unattributed_errors.add();
    return ignored{"An error without an id belongs to none of " + std::to_string(wire_.size()) +
                   " commands on the wire for certain: " + error.class_name + "."};
}

action dialogue::settle(wire_list::iterator found, reply&& answer)
{
    request* const asker = found->asker;
    bool const in_band = !found->out_of_band;
    auto const place = found - wire_.begin();
    take_off_wire(found);
    if (in_band)
        forget_passed_over(place);
    release();
    if (asker == nullptr) {
        counters_.late_replies.add();
        return nothing{};
    }
    asker->stage_ = request::stage::idle;
    asker->answer_ = std::move(answer);
    counters_.replies.add();
    return answered{asker};
}

void dialogue::take_off_wire(wire_list::iterator which)
{
    if (!which->out_of_band)
        --in_band_on_wire_;
    if (which->barrier)
        --barriers_on_wire_;
    if (which == wire_.begin())
        wire_.pop_front();  // as nearly always, and faster than erase()
    else
        wire_.erase(which);
    if (wire_.empty() && wire_.capacity() > large_wire)
        wire_.set_capacity(0);
}

// QEMU answers in-band commands in their order, so an abandoned one that was passed over never gets its reply: its answer was
// an error without an id. It must not keep its place in the window for ever.
void dialogue::forget_passed_over(std::ptrdiff_t place)
{
    while (place-- > 0) {
        auto const older = wire_.begin() + place;
        if (!older->out_of_band && older->asker == nullptr) {
            take_off_wire(older);
            has_passed_over_ = true;
        }
    }
}

boost::system::error_code dialogue::submit(request& what)
{
    command const& asked = what.command_;
    if (asked.is_out_of_band() && !out_of_band())
        return make_error_code(errc::out_of_band_unavailable);
    if (asked.descriptors().size() > descriptor_limit)
        return make_error_code(errc::too_many_descriptors);
    what.number_ = next_number_;
    what.end_ = 0;
    what.encoded_.clear();  // it may have waited before, and was abandoned
    waiting_list& lane = asked.is_out_of_band() ? out_of_band_waiting_ : in_band_waiting_;
    std::size_t const begin = output_.size();
    bool const goes = lane.empty() && may_go(what);
    if (auto const error = encode(asked, goes ? output_ : what.encoded_))
        return error;
    ++next_number_;
    if (goes) {
        put_on_wire(what, begin);
        tell_output(begin);
    } else {
        lane.push_back(what);
        what.stage_ = request::stage::waiting;
    }
    return {};
}

void dialogue::abandon(request& what)
{
    if (what.stage_ == request::stage::waiting) {
        waiting_list& lane = what.command_.is_out_of_band() ? out_of_band_waiting_ : in_band_waiting_;
        lane.erase(lane.iterator_to(what));
        what.stage_ = request::stage::idle;
        // What waited behind a command with descriptors may go now.
        release();
    } else if (what.stage_ == request::stage::on_wire) {
        auto const found = std::find_if(wire_.begin(), wire_.end(), [&](entry const& one) { return one.asker == &what; });
        found->asker = nullptr;
        what.stage_ = request::stage::idle;
    }
}

void dialogue::forget_all() noexcept
{
    auto const give_back = [](request* what) { what->stage_ = request::stage::idle; };
    out_of_band_waiting_.clear_and_dispose(give_back);
    in_band_waiting_.clear_and_dispose(give_back);
    for (entry const& one : wire_)
        if (one.asker != nullptr)
            give_back(one.asker);
    wire_.clear();
    in_band_on_wire_ = 0;
    barriers_on_wire_ = 0;
    std::string().swap(output_);
    sent_ = 0;
    output_descriptors_.clear();
}

void dialogue::sent(std::size_t bytes)
{
    counters_.bytes_sent.add(bytes);
    written_ += bytes;
    sent_ += bytes;
    output_descriptors_.clear();
    if (sent_ < output_.size()) {
        // A peer that reads slowly may never let it run empty. (Moving less than is dropped: no more than twice the work.)
        if (sent_ >= options_.output_limit && sent_ >= output_.size() - sent_) {
            output_.erase(0, sent_);
            sent_ = 0;
        }
        return;
    }
    // The buffer is kept for the next commands, but not after a large one.
    if (output_.capacity() > options_.output_limit)
        std::string().swap(output_);
    output_.clear();
    sent_ = 0;
    release();
}

// QEMU hands descriptors to whichever command asks first (PROTOCOL.md, "Commands"), so one that carries them goes alone.
// An out-of-band command asks for none and needs not wait for one that does: it is there to find out what is stuck.
bool dialogue::may_go(request const& what) const noexcept
{
    if (output_.size() - sent_ >= options_.output_limit)
        return false;
    if (!what.command_.descriptors().empty())
        return wire_.empty() && output().empty();
    if (what.command_.is_out_of_band())
        return true;
    // Else in-band commands would keep the wire from ever being empty for an out-of-band one that carries descriptors.
    bool const barrier_waits = !out_of_band_waiting_.empty() && !out_of_band_waiting_.front().what().descriptors().empty();
    return barriers_on_wire_ == 0 && !barrier_waits &&
           (options_.in_band_window == 0 || in_band_on_wire_ < options_.in_band_window);
}

std::uint64_t dialogue::take_id(request const& what) noexcept
{
    std::uint64_t const digit = options_.negotiate ? short_ids_.take() : 0;
    return digit != 0 ? digit : what.number_;
}

/// Half a command would spoil all those that come after it.
void dialogue::make_room(request const& what, std::size_t begin)
try {
    if (wire_.full())
        wire_.set_capacity(std::max(least_wire, 2 * wire_.capacity()));
    output_.reserve(output_.size() + longest_id);
    if (!what.command_.descriptors().empty())
        output_descriptors_ = what.command_.descriptors();
} catch (...) {
    output_.resize(begin);
    throw;
}

void dialogue::put_on_wire(request& what, std::size_t begin)
{
    make_room(what, begin);
    command const& asked = what.command_;
    bool const barrier = !asked.descriptors().empty();
    std::uint64_t const id = take_id(what);
    append_id(id, output_);
    what.end_ = written_ + (output_.size() - sent_);
    wire_.push_back(entry{id, &what, asked.is_out_of_band(), barrier});
    if (!asked.is_out_of_band())
        ++in_band_on_wire_;
    if (barrier)
        ++barriers_on_wire_;
    what.stage_ = request::stage::on_wire;
    counters_.commands.add();
}

void dialogue::tell_output(std::size_t begin) const
{
    if (options_.on_output)
        options_.on_output(std::string_view(output_).substr(begin));
}

void dialogue::release()
{
    release(out_of_band_waiting_);
    release(in_band_waiting_);
}

void dialogue::release(waiting_list& waiting)
{
    while (!waiting.empty() && may_go(waiting.front())) {
        request& next = waiting.front();
        std::size_t const begin = output_.size();
        try {
            output_ += next.encoded_;
            put_on_wire(next, begin);
        } catch (std::bad_alloc const&) {
            return;  // it waits for the next answer, or for its deadline
        }
        waiting.pop_front();
        std::string().swap(next.encoded_);
        tell_output(begin);
    }
}

}  // namespace coqmp::protocol
