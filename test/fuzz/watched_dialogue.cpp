#include "watched_dialogue.hpp"

#include <coqmp/error.hpp>

#include "expect.hpp"
#include "reference.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace coqmp::fuzz {

namespace json = boost::json;
using namespace protocol;

namespace {

std::string hexadecimal(std::uint64_t number)
{
    char digits[16];
    auto const end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
    return {digits, end};
}

template <class Action>
Action const& expect_action(action const& seen, char const* promise)
{
    expect(std::holds_alternative<Action>(seen), promise);
    return std::get<Action>(seen);
}

}  // namespace

watched_dialogue::watched_dialogue(dialogue_options options)
    : options_([&] {
          options.on_output = [this](std::string_view text) { told_.emplace_back(text); };
          return options;
      }()),
      handshake_id_("coqmp-" + hexadecimal(options.nonce & 0xf'ffff'ffff)),
      dialogue_(options_),
      decoder_(options.limits, options.negotiate ? framing::structure : framing::delimited),
      stage_(options.negotiate ? stage::greeting : stage::open),
      echo_(options.negotiate || options.ids == command_ids::always ? echo::yes
            : options.ids == command_ids::never                     ? echo::no
                                                                    : echo::unknown)
{}

watched_dialogue::~watched_dialogue()
{
    if (!over_)
        forget_all();
    for (auto const& each : requests_)
        expect(each->submitted == each->given_back, "each submitted request is answered, abandoned or forgotten exactly once");
}

// ---- What happens ----------------------------------------------------------------------------------------------------------

watched_request& watched_dialogue::create(command what)
{
    return *requests_.emplace_back(std::make_unique<watched_request>(std::move(what)));
}

void watched_dialogue::submit(watched_request& what)
{
    expect(what.expected == request::stage::idle, "(the fuzzer submits what it owns)");
    auto const error = dialogue_.submit(what);
    if (what.command().is_out_of_band() && !has_out_of_band_)
        expect(error == errc::out_of_band_unavailable, "an out-of-band command needs the capability");
    else if (what.command().descriptors().size() > 253)
        expect(error == errc::too_many_descriptors, "a command carries only as many descriptors as a message can");
    if (error) {
        expect(told_.empty(), "a rejected command leaves no trace");
    } else {
        ++what.submitted;
        what.expected = request::stage::queued;
        what.sent_again = false;
        lane& where = lane_of(what);
        bool const overtakes = sync_of(what.command()) && echo_ != echo::yes;
        where.insert(overtakes ? where.begin() : where.end(), &what);
    }
    look();
}

void watched_dialogue::abandon(watched_request& what)
{
    auto const was = what.expected;
    dialogue_.abandon(what);
    if (was == request::stage::queued)
        std::erase(lane_of(what), &what);
    for (entry& each : wire_)
        if (each.asker == &what)
            each.asker = nullptr;
    if (was != request::stage::idle)
        give_back(what);
    look();
}

void watched_dialogue::forget_all()
{
    dialogue_.reset();
    for (auto const& each : requests_)
        if (each->expected != request::stage::idle)
            give_back(*each);
    over_ = true;
    wire_.clear();
    in_band_.clear();
    out_of_band_.clear();
    unsent_.clear();
    carrier_ = nullptr;
    look();
}

void watched_dialogue::sent(std::size_t bytes)
{
    dialogue_.sent(bytes);
    expected_.sent += bytes;
    unsent_.erase(0, bytes);
    carrier_ = nullptr;
    if (unsent_.empty())
        was_full_ = false;
    look();
}

void watched_dialogue::receive(std::string_view bytes)
{
    std::vector<char> const buffer(bytes.begin(), bytes.end());
    std::string_view input(buffer.data(), buffer.size());
    while (!input.empty() && !over_) {
        std::string_view copy = input;
        if (!options_.negotiate)
            decoder_.tolerate_garbage(!has_heard_ || has_sync_on_wire());
        message received = decoder_.decode(copy);
        action seen = dialogue_.receive(input);
        expect(input.size() == copy.size(), "one message is read at a time");
        expect(dialogue_.inside_message() == decoder_.inside_message(), "it knows whether a message has begun");
        predict(received, seen);
        look();
    }
    if (over_)
        forget_all();
}

std::vector<std::uint64_t> watched_dialogue::ids_on_wire() const
{
    std::vector<std::uint64_t> result;
    for (entry const& each : wire_)
        result.push_back(each.id);
    return result;
}

// ---- What must come of a message -------------------------------------------------------------------------------------------

void watched_dialogue::predict(message& received, action& seen)
{
    if (std::holds_alternative<no_message>(received)) {
        if (decoder_.error())
            return predict_end(decoder_.error(), seen);
        expect_action<nothing>(seen, "an incomplete message changes nothing");
        return;
    }
    has_heard_ = true;
    if (auto* event = std::get_if<coqmp::event>(&received)) {
        ++expected_.events;
        expect(expect_action<happened>(seen, "an event is reported whenever it arrives").what == *event,
               "the event is the peer's");
    } else if (predict_handshake(received, seen)) {
        return;
    } else if (auto* returned = std::get_if<return_message>(&received)) {
        predict_reply(returned->id, reply(std::move(returned->value)), seen);
    } else if (auto* failed = std::get_if<error_message>(&received)) {
        predict_reply(failed->id, reply(std::move(failed->error)), seen);
    } else {
        predict_ignored(expected_.unknown, seen);
    }
}

/// @return whether the message belongs to the handshake
bool watched_dialogue::predict_handshake(message& received, action const& seen)
{
    if (stage_ == stage::greeting) {
        if (auto const* hello = std::get_if<greeting>(&received)) {
            expect_action<nothing>(seen, "a greeting is accepted");
            expect(dialogue_.greeting() == *hello, "the greeting is kept");
            has_out_of_band_ = options_.out_of_band && hello->offers("oob");
            handshake_expected_ = true;
            stage_ = stage::answer;
            return true;
        }
        if (!std::holds_alternative<unknown_message>(received))
            return false;
        predict_end(make_error_code(errc::not_qmp), seen);
        return true;
    }
    if (stage_ != stage::answer)
        return false;
    message_id const ours = handshake_id_;
    if (auto const* returned = std::get_if<return_message>(&received); returned != nullptr && returned->id == ours) {
        expect_action<ready>(seen, "the answer to qmp_capabilities ends the handshake");
        stage_ = stage::open;
        return true;
    }
    auto const* refused = std::get_if<error_message>(&received);
    if (refused == nullptr || refused->id != ours)
        return false;
    if (has_out_of_band_) {
        expect_action<nothing>(seen, "a refusal of oob does not end the handshake");
        has_out_of_band_ = false;
        handshake_expected_ = true;
    } else {
        predict_end(make_error_code(errc::negotiation_refused), seen);
        expect(dialogue_.refusal() == refused->error.description, "the peer's reason is kept");
    }
    return true;
}

void watched_dialogue::predict_reply(message_id const& id, reply answer, action const& seen)
{
    if (std::holds_alternative<std::monostate>(id) && !options_.negotiate) {
        if (answer.has_error())
            return predict_unmarked_error(answer.error(), seen);
        return predict_unmarked_return(answer.value(), seen);
    }
    if (std::holds_alternative<std::monostate>(id) && answer.has_error()) {
        if (stage_ == stage::open && wire_.size() == 1)
            return predict_settled(0, std::move(answer), seen);
        return predict_ignored(expected_.unattributed, seen);
    }
    auto const* number = std::get_if<std::uint64_t>(&id);
    auto const found = std::find_if(wire_.begin(), wire_.end(),
                                    [&](entry const& each) { return number != nullptr && each.id != 0 && each.id == *number; });
    if (found == wire_.end())
        return predict_ignored(expected_.unknown_ids, seen);
    echo_ = echo::yes;
    unanswered_ids_.erase(found->id);
    last_answered_.push_back(found->id);
    predict_settled(static_cast<std::size_t>(found - wire_.begin()), std::move(answer), seen);
}

void watched_dialogue::predict_unmarked_return(json::value const& returned, action const& seen)
{
    if (options_.ids == command_ids::always)
        return predict_ignored(expected_.unknown_ids, seen);
    std::size_t place = wire_.size();
    for (std::size_t index = wire_.size(); index-- > 0;)
        if (wire_[index].sync && returned.is_int64() && returned.get_int64() == *wire_[index].sync)
            place = index;
    if (place == wire_.size() && echo_ != echo::yes && !has_sync_on_wire())
        place = 0;
    if (place == wire_.size())
        return predict_ignored(expected_.unknown_ids, seen);
    echo_ = echo::no;
    predict_settled(place, reply(returned), seen);
}

void watched_dialogue::predict_unmarked_error(command_error const& error, action const& seen)
{
    auto const with_id = std::find_if(wire_.begin(), wire_.end(), [](entry const& each) { return each.id != 0; });
    if (options_.ids == command_ids::automatic && with_id != wire_.end() &&
        error.description.find("member 'id' is unexpected") != std::string::npos) {
        watched_request* const asker = with_id->asker;
        unanswered_ids_.erase(with_id->id);
        wire_.erase(with_id);
        echo_ = echo::no;
        if (asker != nullptr) {
            asker->sent_again = true;
            asker->expected = request::stage::queued;
            in_band_.push_front(asker);
        }
        expect_action<nothing>(seen, "a refused id does not answer its command");
        return;
    }
    if (has_sync_on_wire()) {
        auto const sync = std::find_if(wire_.begin(), wire_.end(), [](entry const& each) { return each.sync.has_value(); });
        if (error.description.find("guest-sync") == std::string::npos)
            return predict_ignored(expected_.unattributed, seen);
        return predict_settled(static_cast<std::size_t>(sync - wire_.begin()), reply(error), seen);
    }
    if (wire_.size() == 1 || (echo_ != echo::yes && !wire_.empty()))
        return predict_settled(0, reply(error), seen);
    predict_ignored(expected_.unattributed, seen);
}

void watched_dialogue::predict_settled(std::size_t place, reply answer, action const& seen)
{
    watched_request* const asker = wire_[place].asker;
    bool const in_band = !wire_[place].out_of_band;
    wire_.erase(wire_.begin() + static_cast<std::ptrdiff_t>(place));
    while (in_band && place-- > 0)
        if (!wire_[place].out_of_band && wire_[place].asker == nullptr)
            wire_.erase(wire_.begin() + static_cast<std::ptrdiff_t>(place));
    if (asker == nullptr) {
        ++expected_.late;
        expect_action<nothing>(seen, "the reply to an abandoned command is dropped");
        return;
    }
    ++expected_.replies;
    auto const& given = expect_action<answered>(seen, "a reply to a command on the wire answers it");
    expect(given.which == asker, "the reply goes to the request that it answers");
    expect(given.which->answer() == answer, "the reply is what the peer sent");
    give_back(*asker);
}

void watched_dialogue::predict_end(boost::system::error_code why, action const& seen)
{
    over_ = true;
    expect(expect_action<ended>(seen, "the end is reported").why == why, "the reason for the end is reported");
}

void watched_dialogue::predict_ignored(std::uint64_t& tally, action const& seen)
{
    ++tally;
    expect(!expect_action<ignored>(seen, "a message that belongs to no request is ignored").sentence.empty(),
           "an ignored message has a sentence for the log");
}

void watched_dialogue::give_back(watched_request& what)
{
    what.expected = request::stage::idle;
    ++what.given_back;
}

// ---- What must be sent -----------------------------------------------------------------------------------------------------

void watched_dialogue::take_output()
{
    for (std::string const& text : std::exchange(told_, {})) {
        boost::system::error_code error;
        json::parse_options options;
        options.max_depth = 1024;
        json::value const document = json::parse(text, error, {}, options);
        expect(!error && document.is_object(), "the output consists of JSON objects");
        json::object const& message = document.get_object();
        if (json::value const* id = message.if_contains("id"); id != nullptr && id->is_string())
            take_handshake(message);
        else
            take_command(message);
        bool const delimited = !wire_.empty() && wire_.back().sync && message.at("execute") == "guest-sync-delimited";
        unsent_ += (delimited ? "\xff" : "") + text;
        largest_ = std::max(largest_, text.size() + 1);
        was_full_ = was_full_ || unsent_.size() >= options_.output_limit;
    }
    expect(!handshake_expected_, "a greeting, or a refusal of oob, is answered with qmp_capabilities");
}

void watched_dialogue::take_handshake(json::object const& message)
{
    json::object wanted{{"execute", "qmp_capabilities"}};
    if (has_out_of_band_)
        wanted["arguments"] = json::object{{"enable", json::array{"oob"}}};
    wanted["id"] = handshake_id_;
    expect(std::exchange(handshake_expected_, false), "qmp_capabilities is sent only when it is due");
    expect(message == wanted, "qmp_capabilities asks for what the peer offered, under our id");
}

void watched_dialogue::take_command(json::object const& message)
{
    bool const out_of_band = message.contains("exec-oob");
    lane& from = out_of_band ? out_of_band_ : in_band_;
    expect(stage_ == stage::open && !over_, "commands are sent only between the handshake and the end");
    expect(!from.empty(), "only submitted commands are sent");
    watched_request& first = *from.front();

    json::object wanted{{out_of_band ? "exec-oob" : "execute", first.command().name()}};
    if (!first.command().arguments().empty())
        wanted["arguments"] = first.command().arguments();
    json::value const* id = message.if_contains("id");
    std::uint64_t number = 0;
    if (echo_ != echo::no) {
        expect(id != nullptr && id->is_int64(), "the id of a command is a number");
        wanted["id"] = *id;
        number = static_cast<std::uint64_t>(id->get_int64());
        expect(unanswered_ids_.insert(number).second, "an id is reused only after its reply");
        expect(std::find(last_answered_.begin(), last_answered_.end(), number) == last_answered_.end(),
               "an id is reused only after four later replies");
    }
    expect(alike(wanted, message), "commands of one kind are sent whole, in the order of their submission");
    expect(may_go(first), "the window, barriers and the limit of the output are respected");

    bool const barrier = !first.command().descriptors().empty();
    if (barrier)
        carrier_ = &first;
    from.pop_front();
    first.expected = request::stage::in_flight;
    auto const sync = sync_of(first.command());
    if (sync && echo_ != echo::yes)
        wire_.clear();
    wire_.push_back({number, &first, out_of_band, barrier, sync});
    if (!first.sent_again)
        ++expected_.commands;
}

std::size_t watched_dialogue::in_band_on_wire() const
{
    return static_cast<std::size_t>(
        std::count_if(wire_.begin(), wire_.end(), [](entry const& each) { return !each.out_of_band; }));
}

/// The number that distinguishes the answer to a synchronizing command from any other.
std::optional<std::int64_t> watched_dialogue::sync_of(command const& what) const
{
    json::value const* number = what.arguments().if_contains("id");
    if (options_.negotiate || !what.name().starts_with("guest-sync") || number == nullptr || !number->is_int64())
        return std::nullopt;
    return number->get_int64();
}

bool watched_dialogue::has_sync_on_wire() const
{
    return std::any_of(wire_.begin(), wire_.end(), [](entry const& each) { return each.sync.has_value(); });
}

bool watched_dialogue::may_go(watched_request const& what) const
{
    if (unsent_.size() >= options_.output_limit)
        return false;
    if (echo_ != echo::yes) {
        bool const live = std::any_of(wire_.begin(), wire_.end(), [](entry const& each) { return each.asker != nullptr; });
        if (sync_of(what.command()))
            return !live;
        if (live || (echo_ == echo::no && !wire_.empty()))
            return false;
    }
    if (!what.command().descriptors().empty())
        return wire_.empty() && unsent_.empty();
    if (what.command().is_out_of_band())
        return true;
    // Otherwise an out-of-band command with descriptors could wait forever for an empty wire.
    bool const barrier_waits = !out_of_band_.empty() && !out_of_band_.front()->command().descriptors().empty();
    bool const barred = barrier_waits || std::any_of(wire_.begin(), wire_.end(), [](entry const& each) { return each.barrier; });
    return !barred && (options_.in_band_window == 0 || in_band_on_wire() < options_.in_band_window);
}

// ---- What must hold --------------------------------------------------------------------------------------------------------

void watched_dialogue::look()
{
    take_output();
    expect(dialogue_.output() == unsent_, "the output is everything that is not sent yet");
    expect(unsent_.size() < options_.output_limit + std::max(largest_, std::size_t{1}),
           "the output is bounded by the limit plus one command");
    expect(dialogue_.is_ready() == (stage_ == stage::open), "the dialogue is ready once the handshake is over");
    expect(!dialogue_.is_ready() || dialogue_.out_of_band() == has_out_of_band_,
           "oob is on if it was offered, wanted and granted");
    for (auto const& each : requests_)
        expect(each->state() == each->expected, "a request is where it should be");
    look_at_counters();
    look_at_descriptors();
    if (!over_)
        look_for_idlers();
}

void watched_dialogue::look_at_counters() const
{
    session_counters const seen = dialogue_.counters().snapshot();
    expect(seen.commands == expected_.commands, "commands are counted");
    expect(seen.replies == expected_.replies, "replies are counted");
    expect(seen.events == expected_.events, "events are counted");
    expect(seen.late_replies == expected_.late, "late replies are counted");
    expect(seen.unknown_ids == expected_.unknown_ids, "unknown ids are counted");
    expect(seen.unattributed_errors == expected_.unattributed, "unattributed errors are counted");
    expect(seen.unknown_messages == expected_.unknown, "unknown messages are counted");
    expect(seen.bytes_sent == expected_.sent, "bytes are counted");
}

void watched_dialogue::look_at_descriptors() const
{
    std::span<descriptor const> const given = dialogue_.output_descriptors();
    std::size_t const wanted = carrier_ != nullptr ? carrier_->command().descriptors().size() : 0;
    expect(given.size() == wanted, "descriptors travel with the first byte of their command, once");
    for (std::size_t index = 0; index < wanted; ++index)
        expect(given[index].number() == carrier_->command().descriptors()[index].number(),
               "the descriptors are those of that command");
}

/// No queued command may be sent now. (Those that the limit of the output holds back are sent once the output is empty.)
void watched_dialogue::look_for_idlers() const
{
    for (lane const* each : {&in_band_, &out_of_band_})
        expect(each->empty() || was_full_ || !may_go(*each->front()), "a command that may be sent is sent");
}

}  // namespace coqmp::fuzz
