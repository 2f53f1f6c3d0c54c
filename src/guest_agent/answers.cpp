#include "guest_agent/answers.hpp"

#include "guest_agent/base64.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string_view>
#include <utility>

namespace json = boost::json;

namespace coqmp::detail {

namespace {

std::optional<std::int64_t> integer(json::value const& value)
{
    boost::system::error_code not_an_integer;
    auto const result = value.is_double() ? 0 : value.to_number<std::int64_t>(not_an_integer);
    return value.is_double() || not_an_integer ? std::nullopt : std::optional(result);
}

std::optional<std::int64_t> integer(json::object const& members, char const* name)
{
    json::value const* const member = members.if_contains(name);
    return member != nullptr ? integer(*member) : std::nullopt;
}

/// @param otherwise what a member that is absent means
std::optional<bool> boolean(json::object const& members, char const* name, std::optional<bool> otherwise = std::nullopt)
{
    json::value const* const member = members.if_contains(name);
    if (member == nullptr)
        return otherwise;
    return member->is_bool() ? std::optional(member->get_bool()) : std::nullopt;
}

/// The bytes of a member; empty if it is absent.
std::optional<std::string> bytes(json::object const& members, char const* name)
{
    json::value const* const member = members.if_contains(name);
    if (member == nullptr)
        return std::string();
    if (!member->is_string())
        return std::nullopt;
    json::string const& text = member->get_string();
    return decode_base64(std::string_view(text.data(), text.size()));
}

std::optional<std::size_t> count_up_to(json::object const& members, std::size_t most)
{
    auto const count = integer(members, "count");
    if (!count || *count < 0 || static_cast<std::uint64_t>(*count) > most)
        return std::nullopt;
    return static_cast<std::size_t>(*count);
}

bool read_output(json::object const& members, guest_program_result& result)
{
    auto output = bytes(members, "out-data");
    auto error = bytes(members, "err-data");
    auto const output_cut = boolean(members, "out-truncated", false);
    auto const error_cut = boolean(members, "err-truncated", false);
    if (!output || !error || !output_cut || !error_cut)
        return false;
    result.output = *std::move(output);
    result.error = *std::move(error);
    result.output_truncated = *output_cut;
    result.error_truncated = *error_cut;
    return true;
}

/// A program ends with an exit code or through a signal. Agents on Windows report an exception as the signal.
bool read_end(json::object const& members, guest_program_result& result)
{
    result.exit_code = integer(members, "exitcode");
    result.signal = integer(members, "signal");
    bool const has_wrong_type =
        (members.contains("exitcode") && !result.exit_code) || (members.contains("signal") && !result.signal);
    return !has_wrong_type && result.exit_code.has_value() != result.signal.has_value();
}

bool read_command(json::value const& value, guest_agent_info& information)
{
    json::object const* const members = value.if_object();
    json::value const* const name = members != nullptr ? members->if_contains("name") : nullptr;
    if (name == nullptr || !name->is_string())
        return false;
    auto const enabled = boolean(*members, "enabled");
    if (!enabled)
        return false;
    information.commands[std::string(name->get_string().c_str(), name->get_string().size())] = *enabled;
    return true;
}

}  // namespace

std::optional<exec_status> read_exec_status(json::value const& answer)
{
    json::object const* const members = answer.if_object();
    if (members == nullptr)
        return std::nullopt;
    auto const exited = boolean(*members, "exited");
    if (!exited)
        return std::nullopt;
    exec_status status;
    status.has_ended = *exited;
    if (status.has_ended && (!read_end(*members, status.result) || !read_output(*members, status.result)))
        return std::nullopt;
    return status;
}

std::optional<file_chunk> read_file_chunk(json::value const& answer, std::size_t most)
{
    json::object const* const members = answer.if_object();
    if (members == nullptr)
        return std::nullopt;
    auto const count = count_up_to(*members, most);
    auto data = bytes(*members, "buf-b64");
    auto const is_end = boolean(*members, "eof");
    if (!count || !data || !is_end || data->size() != *count)
        return std::nullopt;
    return file_chunk{*std::move(data), *is_end};
}

std::optional<std::size_t> read_written_bytes(json::value const& answer, std::size_t most)
{
    json::object const* const members = answer.if_object();
    return members != nullptr ? count_up_to(*members, most) : std::nullopt;
}

std::optional<std::int64_t> read_process_id(json::value const& answer)
{
    json::object const* const members = answer.if_object();
    return members != nullptr ? integer(*members, "pid") : std::nullopt;
}

std::optional<guest_agent_info> read_information(json::value const& answer)
{
    json::object const* const members = answer.if_object();
    json::value const* const version = members != nullptr ? members->if_contains("version") : nullptr;
    json::value const* const commands = members != nullptr ? members->if_contains("supported_commands") : nullptr;
    if (version == nullptr || !version->is_string() || commands == nullptr || !commands->is_array())
        return std::nullopt;
    guest_agent_info information;
    information.version.assign(version->get_string().c_str(), version->get_string().size());
    for (json::value const& each : commands->get_array())
        if (!read_command(each, information))
            return std::nullopt;
    return information;
}

}  // namespace coqmp::detail
