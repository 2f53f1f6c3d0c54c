// The order of the members is as measured with QEMU 7.2.22 (`-M none`): an id follows `return` but comes before `error`.
#include "protocol/server_message.hpp"

#include "protocol/ascii_json.hpp"

#include <chrono>
#include <cstdint>

namespace coqmp::protocol {

namespace {

constexpr std::string_view line_end = "\r\n";

}  // namespace

std::string greeting_text(greeting const& what)
{
    version const& number = what.version;
    std::string result = R"({"QMP": {"version": {"qemu": {"micro": )" + std::to_string(number.micro) + R"(, "minor": )" +
                         std::to_string(number.minor) + R"(, "major": )" + std::to_string(number.major) + R"(}, "package": )";
    append_ascii_text(result, number.package);
    result += R"(}, "capabilities": [)";
    char const* separator = "";
    for (std::string const& each : what.capabilities) {
        result += separator;
        separator = ", ";
        append_ascii_text(result, each);
    }
    result += "]}}";
    result += line_end;
    return result;
}

std::string return_text(std::string_view id, std::string_view value)
{
    std::string result = R"({"return": )";
    result.reserve(result.size() + value.size() + id.size() + 16);
    result += value;
    if (!id.empty()) {
        result += R"(, "id": )";
        result += id;
    }
    result += '}';
    result += line_end;
    return result;
}

std::string error_text(std::string_view id, command_error const& error)
{
    std::string result = "{";
    if (!id.empty()) {
        result += R"("id": )";
        result += id;
        result += ", ";
    }
    result += R"("error": {"class": )";
    append_ascii_text(result, error.class_name);
    result += R"(, "desc": )";
    append_ascii_text(result, error.description);
    result += "}}";
    result += line_end;
    return result;
}

std::string event_text(event const& what)
{
    std::int64_t seconds = -1;
    std::int64_t microseconds = -1;
    if (what.timestamp) {
        auto const since_epoch = what.timestamp->time_since_epoch();
        auto const whole = std::chrono::floor<std::chrono::seconds>(since_epoch);
        seconds = whole.count();
        microseconds = std::chrono::floor<std::chrono::microseconds>(since_epoch - whole).count();
    }
    std::string result = R"({"timestamp": {"seconds": )" + std::to_string(seconds) + R"(, "microseconds": )" +
                         std::to_string(microseconds) + R"(}, "event": )";
    append_ascii_text(result, what.name);
    if (!what.data.empty()) {
        result += R"(, "data": )";
        append_ascii(result, what.data);
    }
    result += '}';
    result += line_end;
    return result;
}

}  // namespace coqmp::protocol
