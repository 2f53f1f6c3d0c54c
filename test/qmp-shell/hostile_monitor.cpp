#include "hostile_monitor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <exception>

namespace asio = boost::asio;
namespace json = boost::json;
using coqmp::endpoint;
using coqmp::test::received_command;

namespace qmp_shell::test {

namespace {

// A title, a colour that the shell never uses, the same with a control character of one byte, marks without a width, marks that
// change the direction of writing, a line end that would begin a false prompt.
constexpr std::string_view marks =
    R"(\u001b]0;title\u0007\u001b[41m\u009b41m\u200b\u200f\u202e\u061c\ufeff\u0000\u000e\r\n(QEMU) forged)";

constexpr std::string_view schema_text = R"([
 {"name": "bad", "meta-type": "command", "arg-type": "1", "ret-type": "1"},
 {"name": "bad@", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
 {"name": "badge", "meta-type": "command", "arg-type": "0", "ret-type": "0", "features": ["deprecated", "deprecated@"]},
 {"name": "fail", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
 {"name": "job-pause", "meta-type": "command", "arg-type": "4", "ret-type": "0"},
 {"name": "device_del", "meta-type": "command", "arg-type": "4", "ret-type": "0"},
 {"name": "qom-get", "meta-type": "command", "arg-type": "5", "ret-type": "any"},
 {"name": "STRANGE", "meta-type": "event", "arg-type": "1"},
 {"name": "STRANGE@", "meta-type": "event", "arg-type": "1"},
 {"name": "0", "meta-type": "object", "members": []},
 {"name": "1", "meta-type": "object", "tag": "mode", "members": [{"name": "mode@", "type": "2"}, {"name": "mode", "type": "2"},
  {"name": "model", "type": "str"}],
  "variants": [{"case": "on@", "type": "3"}, {"case": "on", "type": "3"}]},
 {"name": "2", "meta-type": "enum", "values": ["on@", "off@", "on", "off"]},
 {"name": "3", "meta-type": "object", "members": [{"name": "inner@", "type": "str"}, {"name": "inner", "type": "str"}]},
 {"name": "4", "meta-type": "object", "members": [{"name": "id", "type": "str"}]},
 {"name": "5", "meta-type": "object", "members": [{"name": "path", "type": "str"}, {"name": "property", "type": "str"}]},
 {"name": "str", "meta-type": "builtin", "json-type": "string"},
 {"name": "any", "meta-type": "builtin", "json-type": "value"}])";

json::value hostile(std::string_view text)
{
    return json::parse(with_hostile_marks(text));
}

/// More names than a screen has lines, for the list of all.
json::value schema_with_many()
{
    json::value result = hostile(schema_text);
    for (int number = 100; number < 400; ++number) {
        json::value entry = hostile(R"({"name": "", "meta-type": "command", "arg-type": "0", "ret-type": "0"})");
        std::string const name = "many" + std::to_string(number);
        entry.at("name") = name;
        result.as_array().push_back(entry);
        entry.at("name") = name + std::string(hostile(R"("@")").as_string());
        result.as_array().push_back(std::move(entry));
    }
    return result;
}

}  // namespace

std::string with_hostile_marks(std::string_view text)
{
    std::string result;
    for (char const each : text) {
        if (each == '@')
            result += marks;
        else
            result += each;
    }
    return result;
}

hostile_monitor::hostile_monitor()
    : peer_(context_.get_executor(), endpoint::unix_socket((directory_.path() / "monitor").native()))
{
    asio::co_spawn(context_, serve(), [](std::exception_ptr const&) {});  // the client has left
    thread_ = std::thread([this] { context_.run(); });
}

hostile_monitor::~hostile_monitor()
{
    context_.stop();
    thread_.join();
}

asio::awaitable<void> hostile_monitor::serve()
{
    co_await peer_.accept();
    std::string const greeting = with_hostile_marks(
        R"({"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}, "package": "package@"}, "capabilities": ["oob"]}})");
    peer_.say(greeting);
    for (;;) {
        received_command const command = co_await peer_.receive();
        answer(command);
    }
}

void hostile_monitor::answer(received_command const& command)
{
    static std::array<std::pair<std::string_view, std::string_view>, 6> const answers = {{
        {"qmp_capabilities", "{}"},
        {"bad", R"({"value@": "text@"})"},
        {"human-monitor-command", R"("answer@\nevil1\u001b[41m -- purpose\u001b]0;t\nevil2\u200b -- purpose\u202e\n")"},
        {"qom-get", R"("text@")"},
        {"qom-list", R"([{"name": "child@", "type": "link<x@>"}, {"name": "chi2@", "type": "link<x@>"}])"},
        {"query-jobs", R"([{"id": "job0", "status": "concluded", "current-progress": 1, "total-progress": 2, "error": "why@"}])"},
    }};
    auto const* const found =
        std::find_if(answers.begin(), answers.end(), [&command](auto const& each) { return each.first == command.name; });
    if (command.name == "events")
        send_events();
    if (command.name == "query-qmp-schema")
        peer_.answer(command.id, schema_with_many());
    else if (command.name == "fail")
        refuse(command, "it failed@");
    else if (found != answers.end())
        peer_.answer(command.id, hostile(found->second));
    else if (command.name == "events")
        peer_.answer(command.id);
    else
        refuse(command, "not found@");
}

void hostile_monitor::refuse(received_command const& command, std::string const& why)
{
    json::value message =
        hostile(R"({"error": {"class": ")" + std::string(command.name == "fail" ? "GenericError" : "CommandNotFound") +
                R"(", "desc": ")" + why + R"("}})");
    message.as_object()["id"] = command.id;
    peer_.say(json::serialize(message));
}

void hostile_monitor::send_events()
{
    peer_.say(
        with_hostile_marks(R"({"event": "STRANGE@", "data": {"data@": "text@"}, "timestamp": {"seconds": 1, "microseconds": 1}})"
                           R"({"event": "JOB_STATUS_CHANGE", "data": {"id": "begun@", "status": "created"},)"
                           R"( "timestamp": {"seconds": 1, "microseconds": 1}})"));
}

std::string_view mark_in(std::string_view text)
{
    constexpr std::array<std::string_view, 9> all = {"\x1b]0",       "\x1b[41",  "\xc2\x9b",     "\xe2\x80\x8b", "\xe2\x80\x8f",
                                                     "\xe2\x80\xae", "\xd8\x9c", "\xef\xbb\xbf", "\x0e"};
    auto const* const found =
        std::find_if(all.begin(), all.end(), [text](std::string_view each) { return text.find(each) != std::string_view::npos; });
    return found != all.end() ? *found : std::string_view();
}

}  // namespace qmp_shell::test
