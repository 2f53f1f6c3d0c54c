// The rules, and which error is reported if there are several, are as measured with QEMU 7.2.22 (`-M none`). A key may not occur twice.
// An integer that fits into neither a signed nor an unsigned 64-bit integer becomes a double.
#include "protocol/request_parser.hpp"

#include "protocol/ascii_json.hpp"
#include "protocol/exact_number.hpp"
#include "protocol/json_scanner.hpp"
#include "protocol/string_token.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

namespace json = boost::json;

namespace coqmp::protocol {

namespace {

/// QEMU cuts a description there.
constexpr std::size_t longest_description = 1023;

/// Reads a number. @return whether the type can hold it, and it is the whole text
template <class Number>
bool is_all(std::string_view text, Number& result) noexcept
{
    auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    return error == std::errc() && stop == text.data() + text.size();
}

/// Tells apart numbers that are too large for a double and those that are too small.
bool is_large(std::string_view number) noexcept
{
    std::size_t const mark = number.find_first_of("eE");
    std::string_view const digits = number.substr(0, mark);
    std::size_t const point = std::min(digits.find('.'), digits.size());
    std::size_t const first = std::min(digits.find_first_of("123456789"), digits.size());
    auto const before_point = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    if (mark == std::string_view::npos)
        return before_point > 0;
    bool const is_negative = number[mark + 1] == '-';
    std::string_view const exponent = number.substr(mark + (is_negative || number[mark + 1] == '+' ? 2 : 1));
    std::int64_t magnitude = 0;
    if (!is_all(exponent, magnitude))
        return !is_negative;
    return before_point > (is_negative ? magnitude : -magnitude);
}

/// Enough for the members of most messages, so that their object does not grow.
constexpr std::size_t usual_members = 3;

class request_parser
{
public:
    explicit request_parser(std::string_view tokens) noexcept : tokens_(tokens) {}

    [[nodiscard]] std::variant<parsed_text, std::string> parse();

private:
    bool value(json::value& result);
    bool object(json::value& result);
    bool member(json::object& result);
    bool array(json::value& result);
    bool name();
    bool text();
    bool number(json::value& result);
    bool keyword(json::value& result);

    void skip_space() noexcept;
    /// The first byte of the next token.
    [[nodiscard]] char peek() noexcept;
    /// Removes the next token if it is this one.
    [[nodiscard]] bool accept(char token) noexcept;
    [[nodiscard]] std::string_view take_token() noexcept;
    bool fail(std::string_view why);

    std::string_view const tokens_;
    std::size_t at_ = 0;
    std::size_t level_ = 0;
    std::string text_;  // of the last string
    std::string_view id_;
    std::string error_;
};

std::variant<parsed_text, std::string> request_parser::parse()
{
    parsed_text result;
    if (!value(result.value))
        return std::move(error_);
    result.id = id_;
    return result;
}

bool request_parser::value(json::value& result)
{
    char const first = peek();
    if (first == '{')
        return object(result);
    if (first == '[')
        return array(result);
    if (first == '"' || first == '\'') {
        if (!text())
            return false;
        result = json::string_view(text_);
        return true;
    }
    if (first == '-' || is_digit(first))
        return number(result);
    if (first >= 'a' && first <= 'z')
        return keyword(result);
    return fail("expecting value");
}

bool request_parser::object(json::value& result)
{
    json::object& members = result.emplace_object();
    members.reserve(usual_members);
    ++at_;
    ++level_;
    if (!accept('}')) {
        do {
            if (!member(members))
                return false;
        } while (accept(','));
        if (!accept('}'))
            return fail("expected separator in dict");
    }
    --level_;
    return true;
}

bool request_parser::member(json::object& result)
{
    if (!name())
        return false;
    std::string const key = text_;
    if (!accept(':'))
        return fail("missing : in object pair");
    skip_space();
    std::size_t const begin = at_;
    json::value what;
    if (!value(what))
        return false;
    if (!result.emplace(key, std::move(what)).second)
        return fail("duplicate key");
    if (level_ == 1 && key == "id")
        id_ = tokens_.substr(begin, at_ - begin);
    return true;
}

/// The name of a member. A value that is not a string is read, too, because reading it may fail with another error.
bool request_parser::name()
{
    char const first = peek();
    if (first == '"' || first == '\'')
        return text();
    json::value ignored;
    return value(ignored) && fail("key is not a string in object");
}

bool request_parser::array(json::value& result)
{
    json::array& elements = result.emplace_array();
    ++at_;
    ++level_;
    if (!accept(']')) {
        do {
            json::value element;
            if (!value(element))
                return false;
            elements.push_back(std::move(element));
        } while (accept(','));
        if (!accept(']'))
            return fail("expected separator in list");
    }
    --level_;
    return true;
}

/// Reads a string into the text.
bool request_parser::text()
{
    std::string_view const token = tokens_.substr(at_, string_token_size(tokens_.substr(at_)));
    at_ += token.size();
    if (auto const error = decode_string_token(token, text_))
        return fail(*error);
    return true;
}

bool request_parser::number(json::value& result)
{
    std::string_view const token = take_token();
    std::int64_t with_sign = 0;
    std::uint64_t without_sign = 0;
    double real = 0;
    if (is_all(token, with_sign)) {
        result = with_sign;
    } else if (is_all(token, without_sign)) {
        result = without_sign;
    } else {
        if (!is_all(token, real))
            real = is_large(token) ? std::numeric_limits<double>::infinity() : 0.0;
        result = token.front() == '-' ? -std::abs(real) : real;
    }
    return true;
}

bool request_parser::keyword(json::value& result)
{
    std::string_view const word = take_token();
    if (word == "true" || word == "false")
        result = word == "true";
    else if (word == "null")
        result = nullptr;
    else
        return fail("invalid keyword '" + std::string(word.substr(0, longest_description)) + "'");
    return true;
}

void request_parser::skip_space() noexcept
{
    if (at_ < tokens_.size() && tokens_[at_] == ' ')
        ++at_;
}

char request_parser::peek() noexcept
{
    skip_space();
    return at_ < tokens_.size() ? tokens_[at_] : '\0';
}

bool request_parser::accept(char token) noexcept
{
    if (peek() != token)
        return false;
    ++at_;
    return true;
}

/// The next token, a number or a keyword. (A number may follow another one immediately: `1-2`.)
std::string_view request_parser::take_token() noexcept
{
    json_scanner scanner;
    std::size_t const begin = at_;
    while (at_ < tokens_.size() && scanner.take(tokens_[at_]).used)
        ++at_;
    return tokens_.substr(begin, at_ - begin);
}

bool request_parser::fail(std::string_view why)
{
    error_ = "JSON parse error, ";
    error_ += why.substr(0, longest_description);
    return false;
}

/// Whether the string is JSON in ASCII. QEMU also accepts single quotes, and the escape \'.
bool is_json_in_ascii(std::string_view token) noexcept
{
    if (token.front() != '"')
        return false;
    bool is_escaped = false;
    for (char const each : token) {
        if (static_cast<unsigned char>(each) >= 0x80 || (is_escaped && each == '\''))
            return false;
        is_escaped = each == '\\' && !is_escaped;
    }
    return true;
}

}  // namespace

std::variant<parsed_text, std::string> parse_request(std::string_view tokens)
{
    return request_parser(tokens).parse();
}

std::string echoed_id(std::string_view id)
{
    std::string result;
    while (!id.empty()) {
        bool const is_string = id.front() == '"' || id.front() == '\'';
        std::size_t const size = is_string ? string_token_size(id) : std::min(id.find_first_of("\"'"), id.size());
        std::string_view const part = id.substr(0, size);
        id.remove_prefix(size);
        if (!is_string || is_json_in_ascii(part)) {
            result += part;
            continue;
        }
        std::string text;
        if (!decode_string_token(part, text))
            append_ascii_text(result, text);
    }
    return result;
}

}  // namespace coqmp::protocol
