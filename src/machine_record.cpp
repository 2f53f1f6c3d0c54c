#include <coqmp/machine_record.hpp>

#include "detail/explained_error.hpp"
#include "detail/json_access.hpp"
#include "detail/small_file.hpp"

#include <coqmp/error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/serialize.hpp>

#include <limits>
#include <ostream>

namespace json = boost::json;

namespace coqmp {

namespace {

constexpr std::uint64_t known_format = 1;

[[noreturn]] void reject_record(std::string const& why)
{
    throw detail::explained_error(make_error_code(errc::invalid_record), "not a machine record: " + why);
}

std::uint64_t positive_number(json::object const& members, char const* name, std::uint64_t most)
{
    std::uint64_t const number = detail::number_in(members, name);
    if (number == 0 || number > most)
        reject_record(std::string("\"") + name + "\" is missing or is not a valid number");
    return number;
}

std::string text_member(json::object const& members, char const* name)
{
    std::string_view const text = detail::text_in(members, name);
    if (text.empty() || text.find('\0') != std::string_view::npos)
        reject_record(std::string("\"") + name + "\" is missing or is not a valid string");
    return std::string(text);
}

}  // namespace

machine_record machine_record::parse(std::string_view text)
{
    boost::system::error_code error;
    json::parse_options options;
    options.allow_invalid_utf8 = true;  // a path may hold any bytes
    json::value const whole = json::parse(text, error, {}, options);
    json::object const* const members = error ? nullptr : whole.if_object();
    if (members == nullptr)
        reject_record("it is not a JSON object");
    std::uint64_t const format = positive_number(*members, "format", std::numeric_limits<std::uint64_t>::max());
    if (format != known_format)
        reject_record("it has format " + std::to_string(format) + ", but this version of coqmp reads only format " +
                      std::to_string(known_format));
    machine_record result;
    result.process = static_cast<::pid_t>(positive_number(*members, "process", std::numeric_limits<::pid_t>::max()));
    result.start_time = positive_number(*members, "start-time", std::numeric_limits<std::uint64_t>::max());
    result.boot_id = text_member(*members, "boot-id");
    result.monitor = text_member(*members, "monitor");
    return result;
}

std::optional<machine_record> machine_record::load(std::string const& path)
{
    auto const text = detail::read_small_file(path);
    if (!text)
        return std::nullopt;
    try {
        return parse(*text);
    } catch (boost::system::system_error const& error) {
        throw detail::explained_error(error.code(), path + ": " + error.what());
    }
}

void machine_record::save(std::string const& path) const
{
    detail::replace_small_file(path, to_string(*this) + '\n');
}

std::string to_string(machine_record const& record)
{
    json::object members;
    members["format"] = known_format;
    members["process"] = record.process;
    members["start-time"] = record.start_time;
    members["boot-id"] = record.boot_id;
    members["monitor"] = record.monitor;
    return json::serialize(members);
}

std::ostream& operator<<(std::ostream& out, machine_record const& record)
{
    return out << to_string(record);
}

}  // namespace coqmp
