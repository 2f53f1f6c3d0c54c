#include "supervision/machine_memory.hpp"

#include "detail/explained_error.hpp"
#include "detail/json_access.hpp"

#include <coqmp/error.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <iterator>
#include <ostream>

namespace json = boost::json;

namespace coqmp::detail {

namespace {

constexpr std::uint64_t format_without_work = 1;  ///< What is needed to read a record without work under way.

constexpr std::string_view memory_members[] = {"format", "needs",        "wish",     "boot-id",  "shutdown-cause",
                                               "held",   "out-of-space", "migrated", "given-up", "under-way"};

[[noreturn]] void reject_memory(std::string const& why)
{
    throw explained_error(make_error_code(errc::invalid_record), "not a record of a machine's wish: " + why);
}

[[noreturn]] void reject_member(char const* name)
{
    reject_memory(std::string("\"") + name + "\" is missing or invalid");
}

bool optional_flag(json::object const& members, char const* name)
{
    json::value const* const found = members.if_contains(name);
    if (found != nullptr && !found->is_bool())
        reject_member(name);
    return found != nullptr && found->get_bool();
}

std::string optional_text(json::object const& members, char const* name)
{
    if (members.contains(name) && text_in(members, name).empty())
        reject_member(name);
    return std::string(text_in(members, name));
}

machine_wish wish_in(json::object const& members)
{
    for (machine_wish const each : {machine_wish::down, machine_wish::up})
        if (text_in(members, "wish") == to_string(each))
            return each;
    reject_member("wish");
}

work_under_way work_in(json::object const& members)
{
    if (!members.contains("under-way"))
        return work_under_way::none;
    for (work_under_way const each : {work_under_way::launch, work_under_way::restart, work_under_way::host_shutdown})
        if (text_in(members, "under-way") == to_string(each))
            return each;
    reject_member("under-way");
}

/// @return the format
std::uint64_t check_format(json::object const& members)
{
    std::uint64_t const format = number_in(members, "format");
    std::uint64_t const needs = number_in(members, "needs");
    if (format == 0)
        reject_member("format");
    if (needs == 0 || needs > format)
        reject_member("needs");
    if (needs > memory_format)
        reject_memory("this version of coqmp is too old for it: it needs format " + std::to_string(needs) + ", not " +
                      std::to_string(memory_format));
    return format;
}

/// The members that only a newer version knows.
json::object unknown_in(json::object const& members, std::uint64_t format)
{
    json::object result;
    for (auto const& [key, value] : members) {
        std::string_view const name(key.data(), key.size());
        if (std::ranges::find(memory_members, name) != std::end(memory_members))
            continue;
        if (format <= memory_format)
            reject_memory("\"" + std::string(name) + "\" is unknown");
        result[key] = value;
    }
    return result;
}

void set_if(json::object& members, char const* name, bool holds)
{
    if (holds)
        members[name] = true;
}

}  // namespace

char const* to_string(machine_wish wish) noexcept
{
    return wish == machine_wish::up ? "up" : "down";
}

std::ostream& operator<<(std::ostream& out, machine_wish wish)
{
    return out << to_string(wish);
}

char const* to_string(work_under_way what) noexcept
{
    switch (what) {
        case work_under_way::launch:
            return "launch";
        case work_under_way::restart:
            return "restart";
        case work_under_way::host_shutdown:
            return "host-shutdown";
        case work_under_way::none:
            break;
    }
    return "none";
}

std::ostream& operator<<(std::ostream& out, work_under_way what)
{
    return out << to_string(what);
}

std::ostream& operator<<(std::ostream& out, machine_memory const& memory)
{
    out << memory.wish;
    if (!memory.shutdown_cause.empty())
        out << ", shutdown by " << memory.shutdown_cause;
    out << (memory.is_held ? ", held" : "") << (memory.is_out_of_space ? ", out of space" : "")
        << (memory.is_migrated ? ", migrated" : "") << (memory.is_given_up ? ", given up" : "");
    return memory.under_way == work_under_way::none ? out : out << ", " << memory.under_way << " under way";
}

std::string to_string(memory_record const& record)
{
    json::object members;
    members["format"] = std::max(record.format, memory_format);
    members["needs"] = record.memory.under_way == work_under_way::none ? format_without_work : memory_format;
    members["wish"] = to_string(record.memory.wish);
    members["boot-id"] = record.boot_id;
    if (!record.memory.shutdown_cause.empty())
        members["shutdown-cause"] = record.memory.shutdown_cause;
    set_if(members, "held", record.memory.is_held);
    set_if(members, "out-of-space", record.memory.is_out_of_space);
    set_if(members, "migrated", record.memory.is_migrated);
    set_if(members, "given-up", record.memory.is_given_up);
    if (record.memory.under_way != work_under_way::none)
        members["under-way"] = to_string(record.memory.under_way);
    for (auto const& each : record.unknown_members)
        members[each.key()] = each.value();
    return json::serialize(members);
}

memory_record parse_memory_record(std::string_view text)
{
    boost::system::error_code error;
    json::value const whole = json::parse(text, error);
    json::object const* const members = error ? nullptr : whole.if_object();
    if (members == nullptr)
        reject_memory("it is not a JSON object");
    memory_record result;
    result.format = check_format(*members);
    result.unknown_members = unknown_in(*members, result.format);
    result.memory.wish = wish_in(*members);
    result.boot_id = optional_text(*members, "boot-id");
    if (result.boot_id.empty())
        reject_member("boot-id");
    result.memory.shutdown_cause = optional_text(*members, "shutdown-cause");
    result.memory.is_held = optional_flag(*members, "held");
    result.memory.is_out_of_space = optional_flag(*members, "out-of-space");
    result.memory.is_migrated = optional_flag(*members, "migrated");
    result.memory.is_given_up = optional_flag(*members, "given-up");
    result.memory.under_way = work_in(*members);
    return result;
}

}  // namespace coqmp::detail
