// Every conversation follows the rules of the dialogue, whatever the peer and the caller do.
//
// Input: two bytes of options, then steps. The lower five bits of a step's byte choose what happens, and the upper three how the
// peer's bytes arrive: for a small letter at once, for a capital letter together with the next ones, for a digit one by one.
#include "expect.hpp"
#include "watched_dialogue.hpp"

#include <boost/json/serialize.hpp>

#include <limits>
#include <string>

namespace {

using namespace coqmp::fuzz;
using coqmp::command;
using coqmp::command_ids;
using coqmp::descriptor;
using coqmp::protocol::dialogue_options;
using coqmp::protocol::request;
namespace json = boost::json;

constexpr std::size_t most_requests = 256;

dialogue_options options_from(choices& input)
{
    static constexpr std::size_t windows[] = {0, 1, 2, 3, 7, 8, 64, 7};
    dialogue_options result;
    std::uint8_t const choice = input.byte();
    result.negotiate = (choice & 1) == 0;
    result.out_of_band = (choice & 2) == 0;
    result.in_band_window = windows[(choice >> 2) & 7];
    static constexpr command_ids ids[] = {command_ids::automatic, command_ids::automatic, command_ids::never,
                                          command_ids::always};
    result.ids = ids[choice >> 6];
    result.nonce = input.byte() * 0x0123'4567'89ab'cdefU;
    // Small enough for the raw bytes of an input to reach.
    result.output_limit = 1024;
    result.limits.max_message_size = 2048;
    result.limits.max_nesting = 32;
    return result;
}

/// Takes steps.
class conversation
{
public:
    explicit conversation(choices input) : input_(input), dialogue_(options_from(input_)) {}

    void run()
    {
        while (!input_.empty() && !dialogue_.is_over())
            step();
        dialogue_.receive(held_back_);
    }

private:
    void step();
    void say(std::string_view bytes);
    void say_reply(std::string_view id, std::uint8_t kind);
    void submit(command what);
    void submit_large();
    void submit_odd(std::uint8_t kind);
    void submit_again(std::uint8_t which);
    void abandon(std::uint8_t which);
    void sent(std::uint8_t part);
    [[nodiscard]] command next_command();
    [[nodiscard]] std::string id_on_wire(std::uint8_t which) const;
    [[nodiscard]] static descriptor some_descriptor();

    choices input_;
    watched_dialogue dialogue_;
    std::string held_back_;
    std::uint8_t step_ = 0;
};

void conversation::step()
{
    step_ = input_.byte();
    switch (step_ & 0x1f) {
        case 0: {  // ' ', '@', '`': raw bytes
            std::uint8_t const size = input_.byte();
            return say(input_.text(size));
        }
        case 1:  // 'a': greets
            return say(R"({"QMP":{"version":{"qemu":{"major":7,"minor":2,"micro":22},"package":"p"},"capabilities":["oob"]}})");
        case 2:  // 'b': greets without oob
            return say(R"({"QMP":{"version":{},"capabilities":[]}})");
        case 3:  // 'c': greets with something that is not a greeting
            return say(R"({"QMP":[]})");
        case 4:  // 'd': answers qmp_capabilities
            return say_reply(json::serialize(dialogue_.handshake_id()), 0);
        case 5:  // 'e': refuses it
            return say_reply(json::serialize(dialogue_.handshake_id()), 1);
        case 6:  // 'f': answers a command on the wire, perhaps an abandoned one
            return say_reply(id_on_wire(input_.byte()), 0);
        case 7:  // 'g': the same, with the kind of reply that the input chooses
            return say_reply(id_on_wire(input_.byte()), input_.byte());
        case 8:  // 'h': answers the oldest command on the wire
            return say_reply(id_on_wire(0), 0);
        case 9:  // 'i': an error without an id
            return say(R"({"error":{"class":"GenericError","desc":"JSON parse error"}})");
        case 10:  // 'j': a reply with any number
            return say_reply(std::to_string(input_.byte()), 0);
        case 11:  // 'k': an event
            return say(R"({"event":"STOP","data":{"a":[1,null]},"timestamp":{"seconds":1,"microseconds":2}})");
        case 12:  // 'l': noise between messages
            return say("\r\n\xff ");
        case 13:  // 'm': an object that is not a message
            return say(R"({"id":1})");
        case 14:  // 'n': submits
            return submit(next_command());
        case 15:  // 'o': out of band
            return submit(next_command().out_of_band());
        case 16:  // 'p': with a descriptor
            return submit(next_command().with_descriptor(some_descriptor()));
        case 17:  // 'q': with two, out of band
            return submit(next_command().with_descriptor(some_descriptor()).with_descriptor(some_descriptor()).out_of_band());
        case 18:  // 'r'
            return submit_large();
        case 19:  // 's'
            return submit_odd(input_.byte());
        case 20:  // 't'
            return submit_again(input_.byte());
        case 21:  // 'u'
            return abandon(input_.byte());
        case 22:  // 'v'
            return abandon(0);
        case 23:  // 'w': the whole output is sent
            return sent(0xff);
        case 24:  // 'x': a part of the output is sent
            return sent(input_.byte());
        case 25:  // 'y': the end
            return dialogue_.forget_all();
        case 26:  // 'z': submits with arguments
            return submit(next_command().with("text", input_.text(4)).with("number", input_.byte() * 0x1p60));
        case 27:  // '{': eight at once
            for (int count = 0; count < 8; ++count)
                submit(next_command());
            return;
        case 28:  // '|': submits a command that synchronizes
            return submit(command("guest-sync-delimited").with("id", static_cast<std::int64_t>(input_.byte() % 4)));
        case 29:  // '}': perhaps answers such a command, without an id
            return say("\xff{\"return\":" + std::to_string(input_.byte() % 4) + "}");
        case 30:  // '~': refuses an id
            return say(R"({"error":{"class":"GenericError","desc":"QMP input object member 'id' is unexpected"}})");
        default:  // '_', '?': refuses a command that synchronizes, without an id
            return say(R"({"error":{"class":"CommandNotFound","desc":"The command guest-sync-delimited has not been found"}})");
    }
}

// ---- The peer --------------------------------------------------------------------------------------------------------------

void conversation::say(std::string_view bytes)
{
    held_back_ += bytes;
    if ((step_ & 0x40) != 0 && (step_ & 0x20) == 0)
        return;
    std::string const all = std::exchange(held_back_, {});
    if ((step_ & 0x60) != 0x20)
        return dialogue_.receive(all);
    for (char const& each : all)
        if (!dialogue_.is_over())
            dialogue_.receive(std::string_view(&each, 1));
}

void conversation::say_reply(std::string_view id, std::uint8_t kind)
{
    static constexpr std::string_view answers[] = {
        R"("return":{})",
        R"("error":{"class":"DeviceNotFound","desc":"no"})",
        R"("return":[1,2,{"a":"\u00e4"}])",
        R"("error":7)",
        R"("return":1,"error":{})",
        R"("return":"text","event":1)",
        R"("error":{"class":{},"desc":[]})",
        R"("return":null,"other":{"id":3})",
    };
    std::string const answer(answers[kind & 7]);
    std::string const member = "\"id\":" + std::string(id);
    say((kind & 8) != 0 ? "{" + member + "," + answer + "}" : "{" + answer + "," + member + "}");
}

std::string conversation::id_on_wire(std::uint8_t which) const
{
    auto const ids = dialogue_.ids_on_wire();
    return ids.empty() ? "0" : std::to_string(ids[which % ids.size()]);
}

// ---- The caller ------------------------------------------------------------------------------------------------------------

command conversation::next_command()
{
    return command("c" + std::to_string(dialogue_.requests().size()));
}

descriptor conversation::some_descriptor()
{
    static descriptor const shared = descriptor::duplicate(0);
    return shared;
}

void conversation::submit(command what)
{
    if (dialogue_.may_submit() && dialogue_.requests().size() < most_requests)
        dialogue_.submit(dialogue_.create(std::move(what)));
}

/// Two of them fill the output.
void conversation::submit_large()
{
    submit(next_command().with("text", std::string(600, 'x')));
}

/// Submits a command that is rejected, or that looks as if it should be.
void conversation::submit_odd(std::uint8_t kind)
{
    command what = next_command();
    switch (kind & 7) {
        case 0:
            return submit(what.with("number", std::numeric_limits<double>::infinity()));
        case 1:
            return submit(what.with("text", "\xc3"));
        case 2:
            for (int count = 0; count < 254; ++count)
                what.with_descriptor(some_descriptor());
            return submit(what);
        case 3: {
            json::value deep;
            for (int level = 0; level < 1030; ++level)
                deep = json::array{std::move(deep)};
            return submit(what.with("deep", std::move(deep)));
        }
        case 4:
            return submit(command(std::string(input_.text(8))));
        case 5:
            return submit(what.with("\"\\\n", std::string("\0\x7f\xc3\xa4\xf0\x9f\x90\xb8", 8)));
        case 6:
            return submit(what.with("numbers", json::array{std::numeric_limits<std::uint64_t>::max(),
                                                           std::numeric_limits<std::int64_t>::min(), 1.0, -0.0, 5e-324}));
        default:
            return submit(what.with_descriptor(some_descriptor()).with("number", std::numeric_limits<double>::quiet_NaN()));
    }
}

void conversation::submit_again(std::uint8_t which)
{
    std::size_t const count = dialogue_.requests().size();
    if (count == 0 || !dialogue_.may_submit())
        return;
    watched_request& what = *dialogue_.requests()[which % count];
    if (what.expected == request::stage::idle)
        dialogue_.submit(what);
}

/// Counts from the newest request, so that the input easily reaches what was just submitted.
void conversation::abandon(std::uint8_t which)
{
    std::size_t const count = dialogue_.requests().size();
    if (count != 0)
        dialogue_.abandon(*dialogue_.requests()[count - 1 - which % count]);
}

void conversation::sent(std::uint8_t part)
{
    std::size_t const unsent = dialogue_.unsent();
    std::size_t const bytes = part == 0xff ? unsent : unsent * part / 256;
    if (bytes != 0)
        dialogue_.sent(bytes);
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    conversation(choices(std::string_view(reinterpret_cast<char const*>(data), size))).run();
    return 0;
}
