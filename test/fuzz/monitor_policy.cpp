// A policy lets exactly those commands through of which it lists everything that QEMU would execute.
//
// Input: a byte whose bits choose what is listed, a byte that chooses the command and whether the arguments are the rest of the input
// as JSON, or are built from its bytes, and the rest.
#include "expect.hpp"

#include <coqmp/command_error.hpp>
#include <coqmp/monitor_policy.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using coqmp::monitor_policy;
using coqmp::fuzz::choices;
using coqmp::fuzz::expect;
namespace json = boost::json;

constexpr std::string_view names[] = {"transaction", "blockdev-backup", "block-dirty-bitmap-add", "quit",
                                      "abort",       "query-status",    "blockdev-backup2",       ""};

/// The rules once more: every value of the arguments by its path, and then what stands where QEMU looks for a command.
class model
{
public:
    explicit model(std::vector<std::string> listed) : listed_(std::move(listed)) {}

    [[nodiscard]] bool allows(std::string_view command, json::object const& arguments) const
    {
        if (!lists(command))
            return false;
        return command != "transaction" || executes_only_listed(arguments);
    }

private:
    using path = std::vector<std::string>;
    using places = std::map<path, json::value>;

    static void collect(path const& where, json::value const& value, places& found)
    {
        found.emplace(where, value);
        auto const below = [&](std::string const& step, json::value const& inner) {
            path longer = where;
            longer.push_back(step);
            collect(longer, inner, found);
        };
        if (value.is_object())
            for (auto const& member : value.get_object())
                below(std::string(member.key()), member.value());
        if (value.is_array())
            for (std::size_t index = 0; index < value.get_array().size(); ++index)
                below("#" + std::to_string(index), value.get_array()[index]);
    }

    [[nodiscard]] bool executes_only_listed(json::object const& arguments) const
    {
        places found;
        collect({}, arguments, found);
        if (!found.contains({"actions"}) || !found.at({"actions"}).is_array())
            return false;
        return std::ranges::all_of(found, [&](auto const& place) {
            path const& where = place.first;
            if (where.size() != 2 || where[0] != "actions")
                return true;
            path const type = {where[0], where[1], "type"};
            if (!place.second.is_object() || !found.contains(type) || !found.at(type).is_string())
                return false;
            std::string const action(found.at(type).as_string());
            return action == "abort" || lists(action);
        });
    }

    [[nodiscard]] bool lists(std::string_view name) const { return std::ranges::find(listed_, name) != listed_.end(); }

    std::vector<std::string> listed_;
};

json::value any_value(choices& input, int depth);

json::object any_object(choices& input, int depth)
{
    static char const* const members[] = {"actions", "type", "data", "Type", "properties"};
    json::object result;
    for (int count = input.byte() % 4; count > 0; --count) {
        char const* const member = members[input.byte() % 5];
        result[member] = any_value(input, depth);
    }
    return result;
}

/// Mostly what a transaction is made of, at any place.
json::value any_value(choices& input, int depth)
{
    std::uint8_t const choice = input.byte();
    switch (depth == 0 ? choice % 3 : choice % 8) {
        case 0:
            return nullptr;
        case 1:
        case 2:
            return json::value(json::string_view(names[input.byte() % std::size(names)]));
        case 3:
        case 4: {
            json::array result;
            for (int count = input.byte() % 4; count > 0; --count)
                result.push_back(any_value(input, depth - 1));
            return result;
        }
        case 5: {
            json::object action = any_object(input, depth - 1);
            action["type"] = json::string_view(names[input.byte() % std::size(names)]);
            return action;
        }
        default:
            return any_object(input, depth - 1);
    }
}

json::object arguments_from(choices& input, bool are_built)
{
    if (are_built)
        return any_object(input, 4);
    boost::system::error_code error;
    std::string_view const text = input.rest();
    json::value const value = json::parse(json::string_view(text), error);
    return !error && value.is_object() ? value.get_object() : json::object();
}

void check_refusal(std::optional<coqmp::command_error> const& refused)
{
    if (!refused)
        return;
    expect(refused->class_name == "GenericError" || refused->class_name == "CommandNotFound", "a refusal is one that QEMU has");
    expect(!refused->description.empty() && refused->description.size() < 1000, "a refusal is a short sentence");
    for (char const each : refused->description)
        expect(static_cast<unsigned char>(each) >= ' ' || each == '\n' || each == '\t', "a refusal controls no terminal");
}

/// Any name: only what is listed is let through.
void check_name(monitor_policy const& policy, std::vector<std::string> const& listed, std::string_view name)
{
    check_refusal(policy.refusal(name, {}));
    bool const is_listed = std::ranges::find(listed, name) != listed.end();
    expect(policy.allows(name) == is_listed, "exactly the listed names are allowed");
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    choices input(std::string_view(reinterpret_cast<char const*>(data), size));
    std::uint8_t const which = input.byte();
    std::vector<std::string> listed;
    monitor_policy policy("fuzzed");
    for (std::size_t index = 0; index < std::size(names); ++index) {
        if ((which & (1U << index)) == 0)
            continue;
        listed.emplace_back(names[index]);
        policy.allow(names[index]);
    }
    std::uint8_t const choice = input.byte();
    std::string_view const command = (choice & 0x10) != 0 ? names[choice % std::size(names)] : "transaction";
    choices copy = input;
    check_name(policy, listed, copy.rest());

    json::object const arguments = arguments_from(input, (choice & 0x20) != 0);
    auto const refused = policy.refusal(command, arguments);
    check_refusal(refused);
    expect(refused.has_value() != model(listed).allows(command, arguments), "the policy agrees with its model");
    expect(!monitor_policy::all().refusal(command, arguments), "all allows everything");
    expect(refused || !monitor_policy("more", policy).allow("stop").refusal(command, arguments),
           "a policy that allows more refuses nothing more");
    return 0;
}
