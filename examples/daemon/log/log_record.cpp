#include "daemon/log/log_record.hpp"

#include "daemon/printable_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <time.h>

#include <array>
#include <cstdio>

namespace coqmp_daemon {

namespace {

constexpr std::size_t longest_source = 100;
constexpr std::size_t longest_decoration = 200;  ///< All but the source and the text; JSON's names and quotes are the longest.

/// In UTC, as RFC 3339 writes it.
std::string timestamp(std::chrono::system_clock::time_point time)
{
    auto const seconds = std::chrono::floor<std::chrono::seconds>(time);
    std::time_t const whole = std::chrono::system_clock::to_time_t(seconds);
    auto const milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - seconds).count();
    std::tm fields = {};
    ::gmtime_r(&whole, &fields);
    std::array<char, 64> text{};
    std::size_t const length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &fields);
    std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>(milliseconds));
    return text.data();
}

std::string_view colour_of(log_priority priority)
{
    switch (priority) {
        case log_priority::error:
            return "\x1b[31m";  // red
        case log_priority::warning:
            return "\x1b[33m";  // yellow
        case log_priority::notice:
            return "\x1b[1m";  // bold
        case log_priority::info:
        case log_priority::debug:
            break;
    }
    return {};
}

std::string coloured(log_priority priority, bool colours)
{
    std::string_view const colour = colours ? colour_of(priority) : std::string_view();
    std::string result(colour);
    result += to_string(priority);
    return colour.empty() ? result : result + "\x1b[0m";
}

std::string as_json(log_record const& record, std::string const& source, std::string_view text)
{
    boost::json::object result;
    result["time"] = timestamp(record.time);
    result["priority"] = to_string(record.priority);
    if (!source.empty())
        result["source"] = source;
    result["message"] = text;
    return boost::json::serialize(result);
}

}  // namespace

std::string format_line(log_record const& record, log_style const& style)
{
    std::string const source = printable(record.source, longest_source);
    // JSON doubles quotes and backslashes.
    bool const is_json = style.lines == log_style::layout::json;
    std::size_t const room = longest_log_line - longest_decoration - source.size();
    std::string const text = printable(record.text, is_json ? room / 2 : room);
    std::string result;
    if (style.priority_prefix)
        result = '<' + std::to_string(static_cast<int>(record.priority)) + '>';
    if (is_json)
        return result + as_json(record, source, text) + '\n';
    if (style.lines == log_style::layout::text)
        result += timestamp(record.time) + ' ' + coloured(record.priority, style.colours) + ' ';
    if (!source.empty())
        result += source + ": ";
    return result + text + '\n';
}

}  // namespace coqmp_daemon
