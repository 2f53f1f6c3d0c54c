#include "protocol/command_sender.hpp"

#include <coqmp/error.hpp>

#include "protocol/encoder.hpp"

#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coqmp::protocol {

namespace {

// SCM_MAX_FD of Linux: sendmsg() fails with EINVAL if there are more.
constexpr std::size_t descriptor_limit = 253;

// Before a command that synchronizes with a guest agent: never occurs in JSON.
constexpr char delimiter = '\xff';

/// The number that a guest agent returns for a synchronizing command; none for any other command.
std::optional<std::int64_t> sync_number(command const& sent)
{
    if (sent.name() != "guest-sync-delimited" && sent.name() != "guest-sync")
        return std::nullopt;
    boost::json::value const* number = sent.arguments().if_contains("id");
    boost::system::error_code not_an_integer;
    std::int64_t const result = number != nullptr ? number->to_number<std::int64_t>(not_an_integer) : 0;
    return number == nullptr || number->is_double() || not_an_integer ? std::nullopt : std::optional(result);
}

}  // namespace

command_sender::command_sender(dialogue_options const& options, counters& counted, trace const& shown)
    : negotiates_(options.negotiate),
      ids_(options.negotiate, options.ids, options.nonce),
      window_(options.in_band_window),
      output_(options.output_limit),
      counters_(counted),
      trace_(shown)
{}

// ---- What the caller does --------------------------------------------------------------------------------------------------

boost::system::error_code command_sender::submit(request& submitted)
{
    command const& asked = submitted.command_;
    if (asked.descriptors().size() > descriptor_limit)
        return make_error_code(errc::too_many_descriptors);
    submitted.sequence_ = ids_.next_sequence();
    submitted.end_ = 0;
    submitted.encoded_.clear();  // the request may have been queued and abandoned before
    submitted.is_counted_ = false;
    submitted.sync_ = negotiates_ ? std::nullopt : sync_number(asked);
    command_queue::lane& lane = queue_.lane_of(submitted);
    std::size_t const begin = output_.text().size();
    // A synchronizing command frees the queue behind an unanswered command, so it must be sent first.
    bool const overtakes = submitted.sync_ && ids_.may_be_missing();
    bool const goes = (lane.empty() || overtakes) && may_send(submitted);
    if (auto const error = encode(asked, goes ? output_.text() : submitted.encoded_))
        return error;
    ids_.submitted();
    if (goes) {
        put_in_flight(submitted, begin);
        trace_.output(std::string_view(output_.text()).substr(begin));
    } else {
        lane.insert(overtakes ? lane.begin() : lane.end(), submitted);
        submitted.stage_ = request::stage::queued;
    }
    return {};
}

void command_sender::abandon(request& unwanted)
{
    if (unwanted.stage_ == request::stage::queued) {
        queue_.remove(unwanted);
        unwanted.stage_ = request::stage::idle;
        // Commands that were queued behind one with descriptors may be sent now.
        release();
    } else if (unwanted.stage_ == request::stage::in_flight) {
        window_.abandon(unwanted);
        unwanted.stage_ = request::stage::idle;
        if (ids_.may_be_missing())
            release();
    }
}

void command_sender::reset() noexcept
{
    auto const give_back = [](request* returned) { returned->stage_ = request::stage::idle; };
    queue_.clear(give_back);
    window_.clear(give_back);
    output_.reset();
}

request* command_sender::take_answered(in_flight_window::iterator found)
{
    request* const owner = window_.take(found);
    release();
    return owner;
}

bool command_sender::send_without_id(in_flight_window::iterator refused)
{
    request* const owner = refused->owner;
    if (owner != nullptr) {
        owner->encoded_.clear();
        if (encode(owner->command_, owner->encoded_))
            return false;
    }
    ids_.omit();
    window_.remove(refused);
    if (owner != nullptr) {
        queue_.in_band().push_front(*owner);
        owner->stage_ = request::stage::queued;
        owner->end_ = 0;
    }
    release();
    return true;
}

void command_sender::sent(std::size_t bytes)
{
    counters_.bytes_sent.add(bytes);
    if (output_.sent(bytes))
        release();
}

// ---- What is sent when -----------------------------------------------------------------------------------------------------

// QEMU gives descriptors to the first command that asks for one (PROTOCOL.md, "Commands"), so a command that carries them is
// sent alone. An out-of-band command without descriptors does not wait for it, because its purpose is to find out what is stuck.
bool command_sender::may_send(request const& next) noexcept
{
    if (output_.is_full())
        return false;
    if (ids_.may_be_missing()) {
        // A peer that has not answered yet may know ids, and then abandoned commands are harmless. A command that is never
        // answered, such as guest-shutdown, must not block the commands to such a peer. If the peer does not know ids, its next
        // reply counts as the answer to an abandoned command.
        bool const waits_for_all = ids_.are_omitted() && !next.sync_;
        if (waits_for_all ? !window_.empty() : !window_.all_are_abandoned())
            return false;
        if (next.sync_)
            return true;
    }
    if (next.is_barrier())
        return window_.empty() && output_.unsent().empty();
    if (next.command_.is_out_of_band())
        return true;
    // Otherwise in-band commands could keep the wire busy forever, and an out-of-band command with descriptors needs it empty.
    return window_.has_place() && !queue_.has_barrier_first();
}

/// If there is no memory, the whole command is removed from the output: half a command would corrupt all commands after it.
void command_sender::reserve(request const& sending, std::size_t begin)
try {
    window_.reserve();
    output_.text().reserve(output_.text().size() + longest_id + 1);
    if (sending.is_barrier())
        output_.descriptors() = sending.command_.descriptors();
} catch (...) {
    output_.text().resize(begin);
    throw;
}

void command_sender::put_in_flight(request& sending, std::size_t begin)
{
    reserve(sending, begin);
    if (sending.sync_ && ids_.may_be_missing())
        window_.clear();  // of abandoned commands: their replies arrive before the reply to this one
    std::uint64_t const id = ids_.acquire(sending.sequence_, window_.empty() && !window_.is_owed_a_reply());
    if (id != 0)
        append_id(id, output_.text());
    else
        append_no_id(output_.text());
    if (sending.sync_ && sending.command_.name() == "guest-sync-delimited")
        output_.text().insert(begin, 1, delimiter);  // so that the agent drops an unfinished command of an earlier client
    sending.end_ = output_.end();
    window_.add(in_flight{id, &sending, sending.command_.is_out_of_band(), sending.is_barrier(), sending.sync_});
    sending.stage_ = request::stage::in_flight;
    if (!std::exchange(sending.is_counted_, true))
        counters_.commands.add();
}

void command_sender::release()
{
    release(queue_.out_of_band());
    release(queue_.in_band());
}

void command_sender::release(command_queue::lane& queued)
{
    while (!queued.empty() && may_send(queued.front())) {
        request& next = queued.front();
        std::size_t const begin = output_.text().size();
        try {
            output_.text() += next.encoded_;
            put_in_flight(next, begin);
        } catch (std::bad_alloc const&) {
            return;  // the command stays queued until the next answer or its deadline
        }
        queued.pop_front();
        std::string().swap(next.encoded_);
        trace_.output(std::string_view(output_.text()).substr(begin));
    }
}

}  // namespace coqmp::protocol
