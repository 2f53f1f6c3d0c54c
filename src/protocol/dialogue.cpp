#include "protocol/dialogue.hpp"

#include <coqmp/error.hpp>

#include "protocol/encoder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <utility>

namespace coqmp::protocol {

namespace {

// SCM_MAX_FD of Linux: sendmsg() fails with EINVAL if there are more.
constexpr std::size_t descriptor_limit = 253;

// The initial capacity of the list of commands on the wire, and the largest one that is kept once all are answered.
constexpr std::size_t least_wire = 8;
constexpr std::size_t large_wire = 1024;

// Never occurs in JSON.
constexpr char delimiter = '\xff';

// At most fifteen characters, which fit into a std::string without an allocation. QEMU takes 10 us to read each of them.
std::string handshake_id(std::uint64_t nonce)
{
    constexpr std::uint64_t nine_digits = 0xf'ffff'ffff;
    std::array<char, 15> text = {'c', 'o', 'q', 'm', 'p', '-'};
    auto const end = std::to_chars(text.data() + 6, text.data() + text.size(), nonce & nine_digits, 16).ptr;
    return {text.data(), end};
}

// After a handshake no reply to another client's command can arrive. Without a handshake, ids start at a random number.
std::uint64_t first_number(dialogue_options const& options)
{
    return options.negotiate ? short_ids::longest + 1 : (options.nonce >> 16) + 1;
}

/// The number that a guest agent returns for a synchronizing command; none for any other command.
std::optional<std::int64_t> sync_number(command const& what)
{
    if (what.name() != "guest-sync-delimited" && what.name() != "guest-sync")
        return std::nullopt;
    boost::json::value const* number = what.arguments().if_contains("id");
    boost::system::error_code not_an_integer;
    std::int64_t const result = number != nullptr ? number->to_number<std::int64_t>(not_an_integer) : 0;
    return number == nullptr || number->is_double() || not_an_integer ? std::nullopt : std::optional(result);
}

/// Whether a guest agent from before QEMU 2.12 rejects a command because it has an id. (The error does not name the command, and
/// only its description gives the reason.)
bool refuses_id(command_error const& error) noexcept
{
    return error.description.find("member 'id' is unexpected") != std::string::npos;
}

}  // namespace

dialogue::dialogue(dialogue_options const& options)
    : options_(options),
      decoder_(options.limits, options.negotiate ? framing::structure : framing::delimited),
      handshake_(handshake_id(options.nonce), options.out_of_band),
      ready_(!options.negotiate),
      echo_(options.negotiate || options.ids == command_ids::always ? echo::yes
            : options.ids == command_ids::never                     ? echo::no
                                                                    : echo::unknown),
      next_number_(first_number(options))
{}

action dialogue::receive(std::string_view& input)
{
    // The first bytes may be the tail of a reply to an earlier client, and a synchronizing command must find its reply among
    // any bytes.
    if (!options_.negotiate)
        decoder_.tolerate_garbage(!has_heard_ || syncs_on_wire_ != 0);
    std::string_view const before = input;
    message received = decoder_.decode(input);
    if (options_.on_input)
        trace_input(before.substr(0, before.size() - input.size()));
    if (std::holds_alternative<no_message>(received)) {
        if (auto const error = decoder_.error())
            return ended{error};
        return nothing{};
    }
    has_heard_ = has_heard_ || !std::holds_alternative<unknown_message>(received);
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
            trace_output(begin);
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
    if (auto* returned = std::get_if<return_message>(&received); returned != nullptr) {
        if (std::holds_alternative<std::monostate>(returned->id))
            return match_unmarked(std::move(returned->value));
        return match(returned->id, reply(std::move(returned->value)));
    }
    if (auto* failed = std::get_if<error_message>(&received)) {
        if (std::holds_alternative<std::monostate>(failed->id))
            return match_unmarked(std::move(failed->error));
        return match(failed->id, reply(std::move(failed->error)));
    }
    counters_.unknown_messages.add();
    if (auto const* unknown = std::get_if<unknown_message>(&received))
        return ignored{"A message was ignored: " + unknown->why + "."};
    return ignored{"A greeting was ignored: none was expected."};
}

action dialogue::match(message_id const& id, reply&& answer)
{
    if (auto const* number = std::get_if<std::uint64_t>(&id); number != nullptr && *number != 0) {
        auto const found = std::find_if(wire_.begin(), wire_.end(), [&](entry const& one) { return one.id == *number; });
        if (found != wire_.end()) {
            if (options_.negotiate && found->id <= short_ids::longest)
                short_ids_.give_back(found->id);
            echo_ = echo::yes;
            return settle(found, std::move(answer));
        }
    }
    return ignore_reply();
}

action dialogue::ignore_reply()
{
    counters_.unknown_ids.add();
    return ignored{"A reply was ignored: no command of this session awaits it; it may belong to an earlier client."};
}

// Matches a reply without an id, from a peer that may not know ids. Such a peer answers in order, only one command at a time is
// on the wire, and an abandoned command stays there, so the reply belongs to the oldest command. But while a synchronizing
// command is on the wire, only the reply with its number counts, because any other may be an earlier client's.
action dialogue::match_unmarked(boost::json::value&& returned)
{
    if (options_.negotiate || options_.ids == command_ids::always)
        return ignore_reply();
    auto found = std::find_if(wire_.begin(), wire_.end(), [&](entry const& one) {
        return one.sync && returned.is_int64() && returned.get_int64() == *one.sync;
    });
    if (found == wire_.end() && one_at_a_time() && syncs_on_wire_ == 0)
        found = wire_.begin();
    if (found == wire_.end())
        return ignore_reply();
    echo_ = echo::no;
    return settle(found, reply(std::move(returned)));
}

action dialogue::match_unmarked(command_error&& error)
{
    if (!options_.negotiate && options_.ids == command_ids::automatic && refuses_id(error)) {
        auto const refused = std::find_if(wire_.begin(), wire_.end(), [](entry const& one) { return one.id != 0; });
        if (refused != wire_.end())
            return send_without_id(refused, std::move(error));
    }
    if (syncs_on_wire_ != 0) {
        // If this command fails, the error names it. Any other error concerns earlier bytes: the agent reports even a 0xFF.
        auto const sync = std::find_if(wire_.begin(), wire_.end(), [](entry const& one) { return one.sync.has_value(); });
        if (error.description.find("guest-sync") != std::string::npos)
            return settle(sync, reply(std::move(error)));
        counters_.unattributed_errors.add();
        return ignored{"An error without an id was ignored: it concerns bytes from before guest-sync: " + error.class_name + "."};
    }
    if (one_at_a_time() && !wire_.empty())
        return settle(wire_.begin(), reply(std::move(error)));
    return match_without_id(std::move(error));
}

/// The peer has not executed the command, so it can be sent again.
action dialogue::send_without_id(wire_list::iterator refused, command_error&& error)
{
    request* const asker = refused->asker;
    if (asker != nullptr) {
        asker->encoded_.clear();
        if (encode(asker->command_, asker->encoded_))
            return settle(refused, reply(std::move(error)));
    }
    echo_ = echo::no;
    take_off_wire(refused);
    if (asker != nullptr) {
        in_band_waiting_.push_front(*asker);
        asker->stage_ = request::stage::waiting;
        asker->end_ = 0;
    }
    release();
    return nothing{};
}

action dialogue::match_without_id(command_error&& error)
{
    // If exactly one command is on the wire, the error must belong to it. But until the handshake is done, the error may be an
    // earlier client's, and a peer that answers out of order may still owe an answer to a command that it has passed over.
    if (ready_ && wire_.size() == 1 && owed_answers_ == 0)
        return settle(wire_.begin(), reply(std::move(error)));
    counters_.unattributed_errors.add();
    if (owed_answers_ != 0 && wire_.empty())
        --owed_answers_;
    else if (!wire_.empty())
        ++errors_of_the_wire_;
    return ignored{"An error without an id was ignored: it cannot be attributed to one of the " + std::to_string(wire_.size()) +
                   " commands on the wire: " + error.class_name + "."};
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
    if (which->sync)
        --syncs_on_wire_;
    if (which == wire_.begin())
        wire_.pop_front();  // the usual case, and faster than erase()
    else
        wire_.erase(which);
    if (wire_.empty() && wire_.capacity() > large_wire)
        wire_.set_capacity(0);
}

// QEMU answers in-band commands in order, so an abandoned command that it has passed over never gets a reply: its answer was an
// error without an id. It must not keep its place in the window forever.
void dialogue::forget_passed_over(std::ptrdiff_t place)
{
    while (place-- > 0) {
        auto const older = wire_.begin() + place;
        if (!older->out_of_band && older->asker == nullptr) {
            take_off_wire(older);
            if (errors_of_the_wire_ != 0)
                --errors_of_the_wire_;
            else
                ++owed_answers_;
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
    what.encoded_.clear();  // the request may have been queued and abandoned before
    what.is_counted_ = false;
    what.sync_ = options_.negotiate ? std::nullopt : sync_number(asked);
    waiting_list& lane = asked.is_out_of_band() ? out_of_band_waiting_ : in_band_waiting_;
    std::size_t const begin = output_.size();
    // A synchronizing command frees the queue behind an unanswered command, so it must be sent first.
    bool const overtakes = what.sync_ && one_at_a_time();
    bool const goes = (lane.empty() || overtakes) && may_go(what);
    if (auto const error = encode(asked, goes ? output_ : what.encoded_))
        return error;
    ++next_number_;
    if (goes) {
        put_on_wire(what, begin);
        trace_output(begin);
    } else {
        lane.insert(overtakes ? lane.begin() : lane.end(), what);
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
        // Commands that were queued behind one with descriptors may be sent now.
        release();
    } else if (what.stage_ == request::stage::on_wire) {
        auto const found = std::find_if(wire_.begin(), wire_.end(), [&](entry const& one) { return one.asker == &what; });
        found->asker = nullptr;
        what.stage_ = request::stage::idle;
        if (one_at_a_time())
            release();
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
    syncs_on_wire_ = 0;
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
        // With a slow peer the output may never become empty. (This moves no more bytes than it drops, so it at most doubles the
        // work.)
        if (sent_ >= options_.output_limit && sent_ >= output_.size() - sent_) {
            output_.erase(0, sent_);
            sent_ = 0;
        }
        return;
    }
    // The buffer is kept for the next commands, except after a large one.
    if (output_.capacity() > options_.output_limit)
        std::string().swap(output_);
    output_.clear();
    sent_ = 0;
    release();
}

// QEMU gives descriptors to the first command that asks for one (PROTOCOL.md, "Commands"), so a command that carries them is
// sent alone. An out-of-band command without descriptors does not wait for it, because its purpose is to find out what is stuck.
bool dialogue::may_go(request const& what) const noexcept
{
    if (output_.size() - sent_ >= options_.output_limit)
        return false;
    if (one_at_a_time() && !may_go_alone(what))
        return false;
    if (what.sync_ && one_at_a_time())
        return true;
    if (!what.command_.descriptors().empty())
        return wire_.empty() && output().empty();
    if (what.command_.is_out_of_band())
        return true;
    // Otherwise in-band commands could keep the wire busy forever, and an out-of-band command with descriptors needs it empty.
    bool const barrier_waits = !out_of_band_waiting_.empty() && !out_of_band_waiting_.front().what().descriptors().empty();
    return barriers_on_wire_ == 0 && !barrier_waits &&
           (options_.in_band_window == 0 || in_band_on_wire_ < options_.in_band_window);
}

bool dialogue::may_go_alone(request const& what) const noexcept
{
    // A peer that has not answered yet may know ids, and then abandoned commands are harmless. A command that is never answered,
    // such as guest-shutdown, must not block the commands to such a peer. If the peer does not know ids, its next reply counts
    // as the answer to an abandoned command.
    if (echo_ == echo::no && !what.sync_)
        return wire_.empty();
    return std::none_of(wire_.begin(), wire_.end(), [](entry const& one) { return one.asker != nullptr; });
}

/// @return 0 if the command is sent without an id
std::uint64_t dialogue::take_id(request const& what) noexcept
{
    if (echo_ == echo::no)
        return 0;
    std::uint64_t const digit = options_.negotiate ? short_ids_.take() : 0;
    return digit != 0 ? digit : what.number_;
}

/// If there is no memory, the whole command is removed from the output: half a command would corrupt all commands after it.
void dialogue::make_room(request const& what, std::size_t begin)
try {
    if (wire_.full())
        wire_.set_capacity(std::max(least_wire, 2 * wire_.capacity()));
    output_.reserve(output_.size() + longest_id + 1);
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
    if (what.sync_ && one_at_a_time()) {
        // Only abandoned commands are on the wire, and their replies arrive before the reply to this one.
        wire_.clear();
        in_band_on_wire_ = barriers_on_wire_ = syncs_on_wire_ = 0;
    }
    std::uint64_t const id = take_id(what);
    if (id != 0)
        append_id(id, output_);
    else
        append_no_id(output_);
    if (what.sync_ && asked.name() == "guest-sync-delimited")
        output_.insert(begin, 1, delimiter);  // so that the agent drops an unfinished command of an earlier client
    what.end_ = written_ + (output_.size() - sent_);
    wire_.push_back(entry{id, &what, asked.is_out_of_band(), barrier, what.sync_});
    if (what.sync_)
        ++syncs_on_wire_;
    if (!asked.is_out_of_band())
        ++in_band_on_wire_;
    if (barrier)
        ++barriers_on_wire_;
    what.stage_ = request::stage::on_wire;
    if (!std::exchange(what.is_counted_, true))
        counters_.commands.add();
}

void dialogue::trace_output(std::size_t begin) const
{
    if (!options_.on_output)
        return;
    std::string_view text = std::string_view(output_).substr(begin);
    if (text.starts_with(delimiter))
        text.remove_prefix(1);
    options_.on_output(text);
}

void dialogue::trace_input(std::string_view bytes)
{
    traced_ += bytes;
    if (decoder_.inside_message())
        return;
    std::string const complete = std::exchange(traced_, {});
    std::string_view text = complete;
    text.remove_prefix(std::min(text.find('{'), text.size()));
    if (!text.empty())
        options_.on_input(text);
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
            return;  // the command stays queued until the next answer or its deadline
        }
        waiting.pop_front();
        std::string().swap(next.encoded_);
        trace_output(begin);
    }
}

}  // namespace coqmp::protocol
