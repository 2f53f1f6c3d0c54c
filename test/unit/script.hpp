// Conversations with protocol::dialogue as scripts: what the peer sends, what the client does, and what must result.
// Invariant: a script means the same however its bytes are split. So each script is replayed message by message, in one segment,
// byte by byte, and with the connection cut after each byte and each step.
#ifndef COQMP_TEST_UNIT_SCRIPT_HPP
#define COQMP_TEST_UNIT_SCRIPT_HPP

#include "protocol/dialogue.hpp"

#include <coqmp/error.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace coqmp::protocol {

/// A request of a test.
class asked final : public request
{
public:
    using request::request;
};

/// An expected reply. It names its request, because that is a different object in each replay.
struct answer
{
    std::string who;
    reply what;
};
using expectation = std::variant<ready, answer, happened, ignored, ended>;

inline std::ostream& operator<<(std::ostream& out, ready)
{
    return out << "ready";
}
inline std::ostream& operator<<(std::ostream& out, happened const& what)
{
    return out << "happened: " << what.what << ", " << what.what.lost_before << " lost before";
}
inline std::ostream& operator<<(std::ostream& out, ignored const& what)
{
    return out << "ignored: " << what.sentence;
}
inline std::ostream& operator<<(std::ostream& out, ended const& what)
{
    return out << "ended: " << what.why.message();
}

// ---- What a script expects -------------------------------------------------------------------------------------------------

inline answer returns(std::string who, std::string_view value = "{}")
{
    return {std::move(who), reply(boost::json::parse(boost::json::string_view(value)))};
}
inline answer fails(std::string who, std::string class_name, std::string description)
{
    return {std::move(who), reply(command_error{std::move(class_name), std::move(description)})};
}
inline happened event_named(std::string name, std::string_view data = "{}")
{
    event what;
    what.name = std::move(name);
    what.data = boost::json::parse(boost::json::string_view(data)).as_object();
    return {std::move(what)};
}
inline ignored odd(std::string_view why)
{
    return {"A message was ignored: " + std::string(why) + "."};
}
inline ignored unawaited_reply()
{
    return {"A reply was ignored: no command of this session awaits it; it may belong to an earlier client."};
}
inline ignored second_greeting()
{
    return {"A greeting was ignored: none was expected."};
}
inline ignored unattributed_error(std::size_t on_wire, std::string_view class_name = "GenericError")
{
    return {"An error without an id was ignored: it cannot be attributed to one of the " + std::to_string(on_wire) +
            " commands on the wire: " + std::string(class_name) + "."};
}
inline ended ends(errc why)
{
    return {make_error_code(why)};
}

// ---- One replay ------------------------------------------------------------------------------------------------------------

/// The action that the dialogue returned, and the answer if there was one.
struct observation
{
    action what;
    reply answer;
    friend bool operator==(observation const&, observation const&) = default;
};

/// A dialogue, the requests of its client, and the results.
class performance
{
public:
    explicit performance(dialogue_options const& options) : core_(std::make_unique<dialogue>(options)) {}
    performance(performance const&) = delete;
    performance& operator=(performance const&) = delete;

    [[nodiscard]] dialogue& core() noexcept { return *core_; }

    /// The bytes are freed when this function returns, like a socket's buffer.
    void hear(std::string segment)
    {
        std::string_view input = segment;
        while (!input.empty() && !over_) {
            action next = core_->receive(input);
            over_ = std::holds_alternative<ended>(next);
            record(next);
        }
        std::fill(segment.begin(), segment.end(), '#');
    }

    boost::system::error_code submit(std::string const& who, command const& what)
    {
        auto& mine = requests_[who];
        if (!mine.what)
            mine.what = std::make_unique<asked>(command(what));
        auto const error = core_->submit(*mine.what);
        mine.submitted = !error;
        return error;
    }

    void abandon(std::string const& who)
    {
        auto& mine = requests_.at(who);
        core_->abandon(*mine.what);
        mine.submitted = false;
    }

    [[nodiscard]] request const& named(std::string const& who) const { return *requests_.at(who).what; }

    /// The observations since the last call.
    [[nodiscard]] std::vector<observation> take_seen() { return std::exchange(seen_, {}); }

    [[nodiscard]] observation resolve(expectation const& expected) const
    {
        if (auto const* one = std::get_if<answer>(&expected))
            return {answered{requests_.at(one->who).what.get()}, one->what};
        if (auto const* one = std::get_if<happened>(&expected))
            return {*one, {}};
        if (auto const* one = std::get_if<ignored>(&expected))
            return {*one, {}};
        if (auto const* one = std::get_if<ended>(&expected))
            return {*one, {}};
        return {ready{}, {}};
    }

    [[nodiscard]] std::string describe(std::vector<observation> const& observed) const
    {
        std::ostringstream out;
        for (observation const& each : observed)
            std::visit([&](auto const& one) { describe(out, one, each.answer); }, each.what);
        return observed.empty() ? "  nothing\n" : out.str();
    }

    /// The connection has ended: each pending request is given back, and nothing else happens.
    void cut()
    {
        expect_out();
        auto const counted = core_->counters().replies.read();
        core_->reset();
        for (auto& [who, mine] : requests_)
            if (mine.what->state() != request::stage::idle)
                BOOST_ERROR("after the cut " + who + " is still out");
        for (auto& [who, mine] : requests_)
            core_->abandon(*mine.what);
        if (!core_->output().empty() || !core_->output_descriptors().empty())
            BOOST_ERROR("after the cut something is to be sent");
        if (core_->counters().replies.read() != counted)
            BOOST_ERROR("the cut was counted as a reply");
    }

    /// Destroys the dialogue, and its requests after it.
    void destroy()
    {
        expect_out();
        core_.reset();
    }

private:
    struct participant
    {
        std::unique_ptr<asked> what;
        bool submitted = false;  // and neither answered nor abandoned
    };

    void record(action& next)
    {
        if (std::holds_alternative<nothing>(next))
            return;
        if (auto const* reply = std::get_if<answered>(&next))
            for (auto& [who, mine] : requests_)
                if (mine.what.get() == reply->which && !std::exchange(mine.submitted, false))
                    BOOST_ERROR(who + " was answered, but it was not out");
        auto const* reply = std::get_if<answered>(&next);
        auto const heard = reply == nullptr ? coqmp::reply() : std::as_const(*reply->which).answer();
        seen_.push_back({std::move(next), heard});
    }

    // A request is pending from its submission until it is answered or abandoned.
    void expect_out() const
    {
        for (auto const& [who, mine] : requests_)
            if ((mine.what->state() != request::stage::idle) != mine.submitted)
                BOOST_ERROR(who + (mine.submitted ? " was lost" : " was not given back"));
    }

    template <class Action>
    void describe(std::ostream& out, Action const& one, reply const& heard) const
    {
        if constexpr (std::is_same_v<Action, nothing>) {
            out << "  nothing\n";
        } else if constexpr (std::is_same_v<Action, answered>) {
            out << "  answered: ";
            for (auto const& [who, mine] : requests_)
                if (mine.what.get() == one.which)
                    out << who;
            out << ": " << heard << '\n';
        } else {
            out << "  " << one << '\n';
        }
    }

    std::map<std::string, participant> requests_;
    std::unique_ptr<dialogue> core_;  // declared after the requests, so that it is destroyed before them
    std::vector<observation> seen_;
    bool over_ = false;
};

// ---- The script ------------------------------------------------------------------------------------------------------------

/// The options of the tests, with a known nonce.
inline dialogue_options test_options()
{
    dialogue_options result;
    result.nonce = 0xc0ffee;
    return result;
}

/// Describes what happens, step by step; replay() then performs it.
class script
{
public:
    explicit script(dialogue_options options = test_options()) : options_(std::move(options)) {}

    /// The peer sends a message, and this action must result.
    template <class... Expected>
    script& peer(std::string_view says, Expected... expected)
    {
        steps_.push_back({"the peer says " + std::string(says.substr(0, 200)), std::string(says),
                          std::vector<expectation>{expectation(std::move(expected))...}, nullptr});
        return *this;
    }

    /// The client submits a command, or the same one again if there already is one of this name.
    script& submits(std::string who, command what)
    {
        return client("the client submits " + who, [who, what](performance& now, bool) {
            if (auto const error = now.submit(who, what))
                BOOST_ERROR(who + " is refused: " + error.message());
        });
    }

    /// The client submits a command that is rejected.
    script& is_refused(std::string who, command what, errc why)
    {
        return client("the client submits " + who, [who, what, why](performance& now, bool) {
            if (auto const error = now.submit(who, what); error != make_error_code(why))
                BOOST_ERROR(who + " is not refused as it should be, but: " + error.message());
        });
    }

    script& abandons(std::string who)
    {
        return client("the client abandons " + who, [who](performance& now, bool) { now.abandon(who); });
    }

    script& omits_lone_ids()
    {
        return client("lone commands are sent without ids", [](performance& now, bool) { now.core().omit_lone_ids(); });
    }

    /// Exactly these bytes are to be sent, and are then sent. Empty: there is nothing to send.
    script& sends(std::string bytes)
    {
        return client("we send " + bytes.substr(0, 200), [bytes](performance& now, bool checked) {
            if (checked)
                BOOST_TEST(now.core().output() == bytes);
            now.core().sent(now.core().output().size());
        });
    }

    /// A command as we send it.
    script& sends_command(std::string_view name, std::uint64_t id)
    {
        return sends(R"({"execute":")" + std::string(name) + R"(","id":)" + std::to_string(id) + "}");
    }

    script& counts(std::uint64_t session_counters::* which, std::uint64_t expected)
    {
        return checks("we have counted", [which, expected](performance& now) {
            std::uint64_t const counted = now.core().counters().snapshot().*which;
            BOOST_TEST(counted == expected);
        });
    }

    /// Anything else that must hold.
    script& checks(std::string what, std::function<void(performance&)> check)
    {
        return client(std::move(what), [check = std::move(check)](performance& now, bool checked) {
            if (checked)
                check(now);
        });
    }

    /// Replays the script in all ways.
    void replay() const
    {
        once("message by message", "\r\n", how::by_message);
        once("in one segment", "\r\n", how::glued);
        once("in one segment, without line ends", "", how::glued);
        once("byte by byte", "\r\n", how::by_byte);
        once("byte by byte, with line feeds", "\n", how::by_byte);
        for (std::size_t moment = 0; !cut(moment, false); ++moment) {
        }
        for (std::size_t moment = 0; !cut(moment, true); ++moment) {
        }
    }

private:
    enum class how { by_message, glued, by_byte };
    using deed = std::function<void(performance&, bool checked)>;

    struct step
    {
        std::string title;
        std::string message;  // the peer's, or
        std::vector<expectation> expected;
        deed client;  // the client's
    };

    script& client(std::string title, deed what)
    {
        steps_.push_back({std::move(title), {}, {}, std::move(what)});
        return *this;
    }

    void once(char const* mode, std::string const& line_end, how feeding) const
    {
        BOOST_TEST_CONTEXT(mode)
        {
            performance now(options_);
            std::string segment;
            std::vector<expectation> expected;
            for (std::size_t index = 0; index < steps_.size(); ++index) {
                step const& each = steps_[index];
                BOOST_TEST_CONTEXT("step " << index << ": " << each.title)
                {
                    if (each.client) {
                        each.client(now, true);
                        continue;
                    }
                    segment += each.message + line_end;
                    expected.insert(expected.end(), each.expected.begin(), each.expected.end());
                    bool const more = index + 1 < steps_.size() && !steps_[index + 1].client;
                    if (feeding == how::glued && more)
                        continue;
                    feed(now, std::exchange(segment, {}), feeding == how::by_byte);
                    compare(now, std::exchange(expected, {}));
                }
            }
            now.cut();
        }
    }

    static void feed(performance& now, std::string const& segment, bool by_byte)
    {
        if (!by_byte)
            return now.hear(segment);
        for (char const each : segment)
            now.hear(std::string(1, each));
    }

    static void compare(performance& now, std::vector<expectation> const& expected)
    {
        std::vector<observation> wanted;
        for (expectation const& each : expected)
            wanted.push_back(now.resolve(each));
        std::vector<observation> const seen = now.take_seen();
        BOOST_CHECK_MESSAGE(seen == wanted, "expected:\n" << now.describe(wanted) << "but came:\n" << now.describe(seen));
    }

    /// Cuts the connection at one moment: after a byte, or after a step of the client. @return whether the script ended before it
    [[nodiscard]] bool cut(std::size_t moment, bool destroy) const
    {
        bool over = false;
        BOOST_TEST_CONTEXT((destroy ? "destroyed" : "cut") << " at moment " << moment)
        {
            performance now(options_);
            over = play_until(now, moment);
            destroy ? now.destroy() : now.cut();
        }
        return over;
    }

    bool play_until(performance& now, std::size_t moment) const
    {
        for (step const& each : steps_) {
            std::size_t const size = each.client ? 1 : each.message.size();
            if (each.client && moment != 0)
                each.client(now, false);
            else
                now.hear(each.message.substr(0, moment));
            if (size > moment)
                return false;
            moment -= size;
        }
        return true;
    }

    dialogue_options options_;
    std::vector<step> steps_;
};

// ---- Beginnings ------------------------------------------------------------------------------------------------------------

inline constexpr std::string_view hello =
    R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}})";
inline constexpr std::string_view hello_without_oob =
    R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}})";
inline constexpr std::string_view our_capabilities =
    R"({"execute":"qmp_capabilities","arguments":{"enable":["oob"]},"id":"coqmp-c0ffee"})";
inline constexpr std::string_view our_capabilities_without_oob = R"({"execute":"qmp_capabilities","id":"coqmp-c0ffee"})";
inline constexpr std::string_view our_answer = R"({"return": {}, "id": "coqmp-c0ffee"})";

/// A script that continues after the handshake.
inline script negotiated(dialogue_options options = test_options())
{
    script result(std::move(options));
    result.peer(hello).sends(std::string(our_capabilities)).peer(our_answer, ready{});
    return result;
}

}  // namespace coqmp::protocol

#endif
