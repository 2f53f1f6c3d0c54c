// QEMU writes a message on one line, in ASCII, and its members always in the same order (2.12 to 10.0).
#include "protocol/plain_message.hpp"

#include "protocol/exact_number.hpp"
#include "protocol/plain_value.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace coqmp::protocol {

namespace {

bool is_one_value(std::string_view text) noexcept
{
    return !text.empty() && plain_value_size(text) == text.size();
}

bool take(std::string_view& text, std::string_view prefix) noexcept
{
    if (!text.starts_with(prefix))
        return false;
    text.remove_prefix(prefix.size());
    return true;
}

template <class Number>
bool take_number(std::string_view& text, Number& number) noexcept
{
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc();
}

/// @param rest of the line, after the beginning of a reply
bool read_reply(std::string_view rest, plain_reply& result) noexcept
{
    if (!rest.ends_with('}'))
        return false;
    rest.remove_suffix(1);
    result.value = rest;
    std::size_t digits = rest.size();
    while (digits != 0 && is_digit(rest[digits - 1]))
        --digits;
    std::string_view id = rest.substr(digits);
    rest.remove_suffix(id.size());
    constexpr std::string_view id_member = R"(, "id": )";
    if (rest.ends_with(id_member)) {
        if (!take_number(id, result.id) || result.id == 0)
            return false;
        result.value = rest.substr(0, rest.size() - id_member.size());
    }
    return is_one_value(result.value);
}

/// @param rest of the line, after the beginning of an event
bool read_event(std::string_view rest, plain_event& result) noexcept
{
    bool const has_name = take_number(rest, result.seconds) && take(rest, R"(, "microseconds": )") &&
                          take_number(rest, result.microseconds) && take(rest, R"(}, "event": ")");
    if (!has_name || !rest.ends_with('}'))
        return false;
    rest.remove_suffix(1);
    std::size_t const end = plain_string_size(rest);
    result.name = rest.substr(0, end);
    if (end == std::string_view::npos || result.name.find('\\') != std::string_view::npos)
        return false;
    rest.remove_prefix(end + 1);
    return rest.empty() || (take(rest, R"(, "data": )") && is_one_value(rest));
}

}  // namespace

plain_message find_plain_message(std::string_view input) noexcept
{
    constexpr std::string_view line_end = "\r\n";
    std::size_t const begin = std::min(input.find_first_not_of(line_end), input.size());
    std::size_t const feed = input.find('\n', begin);
    if (feed == std::string_view::npos || input[feed - 1] != '\r')
        return {};
    plain_message result{{}, feed + 1};
    std::string_view const text = input.substr(begin, feed + 1 - begin);
    std::string_view rest = text.substr(0, text.size() - line_end.size());
    if (take(rest, R"({"return": )")) {
        if (plain_reply reply; read_reply(rest, reply))
            result.what = reply;
    } else if (take(rest, R"({"timestamp": {"seconds": )")) {
        if (plain_event event; read_event(rest, event)) {
            event.text = text;
            result.what = event;
        }
    }
    return result;
}

}  // namespace coqmp::protocol
