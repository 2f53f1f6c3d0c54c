// A server's dialogue keeps its promises whatever a client sends, and however its bytes arrive.
//
// Input: a byte of options, then what the client sends. Bits 0 and 1 of the options choose how the client has negotiated (not at all,
// in band, with oob), bit 2 whether commands are answered at once or late, bit 3 whether the oldest or the newest is answered first,
// bit 4 whether some are failed, and bit 5 whether the limits are small.
#include "expect.hpp"

#include "protocol/server_dialogue.hpp"
#include "protocol/server_message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace coqmp::fuzz;
using namespace coqmp::protocol;
namespace json = boost::json;

constexpr std::string_view event_message = "{\"timestamp\": {}, \"event\": \"E\"}\r\n";

server_dialogue_options options_from(std::uint8_t choice)
{
    server_dialogue_options result;
    result.greeting.capabilities = {"oob"};
    if ((choice & 0x20) != 0) {
        result.limits.max_nesting = 4;
        result.limits.max_tokens = 16;
        result.limits.max_token_bytes = 200;
        result.output_limit = 1000;
    }
    return result;
}

std::string_view negotiation_from(std::uint8_t choice)
{
    switch (choice & 3) {
        case 1:
            return R"({"execute":"qmp_capabilities"})";
        case 2:
            return R"({"execute":"qmp_capabilities","arguments":{"enable":["oob"]}})";
        default:
            return {};
    }
}

/// A server whose commands return their tickets.
class server
{
public:
    explicit server(std::uint8_t choice) : choice_(choice), core_(options_from(choice)) { say(negotiation_from(choice)); }

    void say(std::string_view bytes)
    {
        unread_ += bytes;
        read();
    }

    /// Answers everything, and reads everything.
    void finish()
    {
        do {
            take_output();
            read();
            answer_next();
        } while (!pending_.empty() || !unread_.empty());
        take_output();
        expect(core_.waiting_bytes() == 0, "nothing waits in the end");
        expect(answers_ == messages_, "every message has one answer");
    }

    [[nodiscard]] std::string const& heard() const noexcept { return heard_; }
    [[nodiscard]] std::string const& last_command() const noexcept { return last_command_; }

private:
    void read()
    {
        while (!unread_.empty()) {
            if (!core_.wants_input()) {
                take_output();
                if (!core_.wants_input())
                    answer_next();
                continue;
            }
            std::string_view rest = unread_;
            server_action action = core_.receive(rest);
            expect(rest.size() < unread_.size() || !std::holds_alternative<nothing>(action),
                   "a server that wants input takes some");
            unread_.erase(0, unread_.size() - rest.size());
            handle(std::move(action));
        }
    }

    void handle(server_action&& action)
    {
        if (std::holds_alternative<nothing>(action))
            return;
        ++messages_;
        if (std::holds_alternative<negotiated>(action))
            expect(core_.is_negotiated(), "a negotiation that is reported is complete");
        expect(core_.send_event(event_message) == core_.is_negotiated(), "events are sent after the negotiation, and only then");
        auto* command = std::get_if<requested>(&action);
        if (command == nullptr)
            return;
        expect(core_.is_negotiated(), "nothing is executed before the negotiation");
        expect(!command->command.out_of_band || core_.has_enabled("oob"), "out of band only if it is enabled");
        last_command_ = command->command.name;
        in_band_ += command->command.out_of_band ? 0 : 1;
        expect(in_band_ <= (core_.has_enabled("oob") ? 9 : 1), "the queue is bounded");
        pending_.push_back(std::move(*command));
        if ((choice_ & 4) == 0)
            answer_next();
    }

    void answer_next()
    {
        if (pending_.empty())
            return;
        auto const which = (choice_ & 8) != 0 ? pending_.end() - 1 : pending_.begin();
        requested const command = std::move(*which);
        pending_.erase(which);
        in_band_ -= command.command.out_of_band ? 0 : 1;
        auto const number = static_cast<std::uint64_t>(command.ticket);
        bool const done = (choice_ & 16) != 0 && number % 2 == 0
                              ? core_.fail(command.ticket, {"GenericError", command.command.name})
                              : core_.answer(command.ticket, json::object{{"ticket", number},
                                                                          {"out-of-band", command.command.out_of_band},
                                                                          {"arguments", command.command.arguments}});
        expect(done, "a command can be answered");
        expect(!core_.fail(command.ticket, {"GenericError", "again"}), "a command is answered once");
    }

    void take_output()
    {
        std::string_view rest = core_.output();
        heard_ += rest;
        for (std::size_t end = 0; (end = rest.find("\r\n")) != std::string_view::npos; rest.remove_prefix(end + 2))
            check_line(rest.substr(0, end));
        expect(rest.empty(), "messages are complete");
        core_.sent(core_.output().size());
    }

    void check_line(std::string_view line)
    {
        for (char const each : line)
            expect(static_cast<unsigned char>(each) - 0x20U < 0x60U, "a message is one line of ASCII");
        boost::system::error_code error;
        json::parse_options options;
        options.max_depth = 2000;
        json::value const message = json::parse(json::string_view(line), error, {}, options);
        if (error == json::error::exponent_overflow) {
            ++answers_;  // an id that Boost.JSON does not read
            return;
        }
        expect(!error && message.is_object(), "a message is a JSON object");
        json::object const& members = message.get_object();
        if (members.contains("QMP") || members.contains("event"))
            return;
        ++answers_;
        expect(members.contains("return") != members.contains("error"), "an answer is a return or an error");
        json::value const* const value = members.if_contains("return");
        json::value const* const number =
            value != nullptr && value->is_object() ? value->get_object().if_contains("ticket") : nullptr;
        if (number == nullptr || value->at("out-of-band").as_bool())
            return;
        auto const ticket = number->to_number<std::uint64_t>();
        expect(ticket > last_ticket_, "answers leave in the order of their commands");
        last_ticket_ = ticket;
    }

    std::uint8_t choice_;
    server_dialogue core_;
    std::string unread_;
    std::string heard_;
    std::string last_command_;
    std::vector<requested> pending_;
    int in_band_ = 0;
    std::uint64_t last_ticket_ = 0;
    std::size_t messages_ = 0;
    std::size_t answers_ = 0;
};

/// The name of the command, if the bytes are one that QEMU and Boost.JSON read in the same way.
std::string const* command_name(std::string_view bytes, std::string& name)
{
    boost::system::error_code error;
    json::value const message = json::parse(json::string_view(bytes), error);
    if (error || !message.is_object())
        return nullptr;
    json::object const& members = message.get_object();
    json::value const* const found = members.if_contains("execute");
    if (found == nullptr || !found->is_string() || members.size() != 1)
        return nullptr;
    name = found->get_string();
    return &name;
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    choices input(std::string_view(reinterpret_cast<char const*>(data), size));
    std::uint8_t const choice = input.byte();
    std::string_view const bytes = input.rest();
    // After a 0xFF, a command is executed, unless the client has not negotiated.
    constexpr std::string_view ending = "\xff{\"execute\":\"last\"}";

    server at_once(choice);
    at_once.say(bytes);
    if (std::string name; (choice & 0x23) == 1 && command_name(bytes, name) != nullptr)
        expect(at_once.last_command() == name || at_once.last_command().empty(), "a command has its name");
    at_once.say(ending);
    at_once.finish();

    server in_parts(choice);
    for (char const& each : bytes)
        in_parts.say(std::string_view(&each, 1));
    in_parts.say(ending);
    in_parts.finish();
    expect(in_parts.heard() == at_once.heard(), "it does not matter how bytes arrive");
    if ((choice & 3) == 1 || (choice & 3) == 2)
        expect(at_once.last_command() == "last", "the next command works");
    return 0;
}
