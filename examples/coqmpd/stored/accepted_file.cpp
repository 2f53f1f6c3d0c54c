#include "stored/accepted_file.hpp"

#include "daemon/configuration/account_names.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <exception>
#include <utility>

namespace coqmpd {

namespace json = boost::json;

namespace {

constexpr std::int64_t our_format = 1;

json::object json_of(launched_arguments const& launch)
{
    json::array words;
    for (std::string const& each : launch.arguments)
        words.emplace_back(each);
    json::object result;
    result["arguments"] = std::move(words);
    result["working-directory"] = launch.working_directory;
    return result;
}

std::string member_text(json::object const& from, char const* key)
{
    return std::string(from.at(key).as_string());
}

launched_arguments launch_in(json::object const& from)
{
    launched_arguments result;
    for (json::value const& each : from.at("arguments").as_array())
        result.arguments.emplace_back(each.as_string());
    result.working_directory = member_text(from, "working-directory");
    return result;
}

}  // namespace

std::string to_string(accepted_file const& file)
{
    json::array launches;
    for (launched_arguments const& each : file.launches)
        launches.emplace_back(json_of(each));
    json::object result;
    result["format"] = our_format;
    result["text"] = file.text;
    result["user"] = file.user;
    result["group"] = file.group;
    result["launches"] = std::move(launches);
    return json::serialize(result);
}

std::optional<accepted_file> parse_accepted_file(std::string_view text)
try {
    json::value const read = json::parse(json::string_view(text.data(), text.size()));
    json::object const& members = read.as_object();
    if (members.at("format").as_int64() != our_format)
        return std::nullopt;
    accepted_file result;
    result.text = member_text(members, "text");
    result.user = member_text(members, "user");
    result.group = member_text(members, "group");
    for (json::value const& each : members.at("launches").as_array())
        result.launches.push_back(launch_in(each.as_object()));
    return result;
} catch (std::exception const&) {
    return std::nullopt;
}

machine_file machine_of(accepted_file const& file, std::string const& name)
{
    machine_file result = parse_machine_file(file.text, name, account_check::none);
    if (!result.user.empty() && !coqmp_daemon::find_user(result.user)) {
        result.user = file.user;
        result.group = file.group;  // the database does not know that of the user, either
    } else if (!result.group.empty() && !coqmp_daemon::find_group(result.group)) {
        result.group = file.group;
    }
    return result;
}

accepted_file accept(machine_file const& machine, std::vector<launched_arguments> launches)
{
    accepted_file result;
    result.text = machine.text;
    result.launches = std::move(launches);
    result.user = machine.user;
    result.group = machine.group;
    if (auto const user = machine.user.empty() ? std::nullopt : coqmp_daemon::find_user(machine.user))
        result.user = std::to_string(*user);
    if (auto const group =
            machine.group.empty() ? coqmp_daemon::find_group_of(machine.user) : coqmp_daemon::find_group(machine.group))
        result.group = std::to_string(*group);
    return result;
}

}  // namespace coqmpd
