#include "protocol/plain_request.hpp"

#include "protocol/exact_number.hpp"
#include "protocol/plain_value.hpp"
#include "protocol/request_parser.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace json = boost::json;

namespace coqmp::protocol {

namespace {

/// A larger command is read like any other: reading it is then not what takes the time.
constexpr std::size_t largest_plain_request = 4096;

/// The levels of the deepest plain value, in an object.
constexpr std::size_t most_levels = 65;

bool is_space(char byte) noexcept
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/// The text that is not read yet.
class cursor
{
public:
    explicit cursor(std::string_view text) noexcept : text_(text) {}

    /// Removes the next token, if it is this one.
    [[nodiscard]] bool accept(char token) noexcept
    {
        skip_space();
        if (text_.empty() || text_.front() != token)
            return false;
        text_.remove_prefix(1);
        return true;
    }

    /// Removes a string. @return its characters; nothing: there is no string, or it is empty or has an escape
    [[nodiscard]] std::string_view take_word() noexcept
    {
        if (!accept('"'))
            return {};
        std::size_t const size = plain_string_size(text_);
        std::string_view const word = text_.substr(0, size);
        if (size == std::string_view::npos || word.find('\\') != std::string_view::npos)
            return {};
        text_.remove_prefix(size + 1);
        return word;
    }

    /// Removes an id. @return its text; nothing: it is of an unusual form
    [[nodiscard]] std::string_view take_id() noexcept
    {
        skip_space();
        std::string_view const before = text_;
        if (!text_.empty() && text_.front() == '"')
            return take_word().empty() ? std::string_view() : before.substr(0, before.size() - text_.size());
        auto const size = static_cast<std::size_t>(std::ranges::find_if_not(text_, is_digit) - text_.begin());
        bool const is_plain = size == 1 || (size > 1 && size <= 18 && text_.front() != '0');
        text_.remove_prefix(size);
        bool const has_ended = !text_.empty() && (text_.front() == ',' || text_.front() == '}' || is_space(text_.front()));
        return is_plain && has_ended ? before.substr(0, size) : std::string_view();
    }

    /// Removes an object. @return its text; nothing: it is of an unusual form
    [[nodiscard]] std::string_view take_object() noexcept
    {
        skip_space();
        if (text_.empty() || text_.front() != '{')
            return {};
        std::string_view const object = text_.substr(0, plain_value_size(text_));
        text_.remove_prefix(object.size());
        return object;
    }

    [[nodiscard]] std::size_t left() const noexcept { return text_.size(); }

private:
    void skip_space() noexcept
    {
        while (!text_.empty() && is_space(text_.front()))
            text_.remove_prefix(1);
    }

    std::string_view text_;
};

bool read_arguments(std::string_view text, framer_limits const& limits, json::object& result)
{
    if (text.empty())
        return false;
    if (text == "{}")
        return true;
    request_framer framer(limits);
    framed_text framed = framer.take(text);
    auto const* const complete = std::get_if<complete_text>(&framed);
    if (complete == nullptr || !text.empty())
        return false;
    auto parsed = parse_request(complete->tokens);
    auto* const value = std::get_if<parsed_text>(&parsed);
    if (value == nullptr)
        return false;
    result = std::move(value->value.get_object());
    return true;
}

/// Reads a command member by member.
class request_reader
{
public:
    request_reader(framer_limits const& limits, bool out_of_band) noexcept : limits_(limits), out_of_band_(out_of_band) {}

    /// Reads the value of a member. @return false: it is of an unusual form, or occurs twice
    [[nodiscard]] bool read_member(std::string_view name, cursor& rest)
    {
        if (name == "execute" || (name == "exec-oob" && out_of_band_))
            return read_name(rest, name == "exec-oob");
        if (name == "id" && id_.empty()) {
            id_ = rest.take_id();
            return !id_.empty();
        }
        return name == "arguments" && !std::exchange(has_arguments_, true) &&
               read_arguments(rest.take_object(), limits_, command_.arguments);
    }

    [[nodiscard]] bool has_name() const noexcept { return !command_.name.empty(); }
    [[nodiscard]] plain_request take(std::size_t size) noexcept { return {std::move(command_), id_, size}; }

private:
    [[nodiscard]] bool read_name(cursor& rest, bool is_urgent)
    {
        if (has_name())
            return false;
        command_.name = rest.take_word();
        command_.out_of_band = is_urgent;
        return has_name();
    }

    framer_limits const& limits_;
    bool const out_of_band_;
    bool has_arguments_ = false;
    client_command command_;
    std::string_view id_;
};

}  // namespace

std::optional<plain_request> find_plain_request(std::string_view input, framer_limits const& limits, bool out_of_band)
{
    if (limits.max_nesting < most_levels || limits.max_tokens < largest_plain_request || limits.max_token_bytes == 0)
        return std::nullopt;
    std::string_view const looked_at = input.substr(0, std::min(largest_plain_request, limits.max_token_bytes - 1));
    cursor rest(looked_at);
    if (!rest.accept('{'))
        return std::nullopt;
    request_reader reader(limits, out_of_band);
    do {
        std::string_view const name = rest.take_word();
        if (!rest.accept(':') || !reader.read_member(name, rest))
            return std::nullopt;
    } while (rest.accept(','));
    if (!rest.accept('}') || !reader.has_name())
        return std::nullopt;
    return reader.take(looked_at.size() - rest.left());
}

}  // namespace coqmp::protocol
