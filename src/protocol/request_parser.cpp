// The rules, and which error is reported if there are several, are as measured with QEMU 7.2.22 (`-M none`). A key may not occur twice.
// An integer that fits neither into 64 bits with a sign nor without becomes a double.
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
    if (std::from_chars(exponent.data(), exponent.data() + exponent.size(), magnitude).ec != std::errc())
        return !is_negative;
    return before_point > (is_negative ? magnitude : -magnitude);
}

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
    bool string(json::value& result);
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
    if (first == '"' || first == '\'')
        return string(result);
    if (first == '-' || is_digit(first))
        return number(result);
    if (first >= 'a' && first <= 'z')
        return keyword(result);
    return fail("expecting value");
}

bool request_parser::object(json::value& result)
{
    json::object& members = result.emplace_object();
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
    json::value name;
    if (!value(name))
        return false;
    if (!name.is_string())
        return fail("key is not a string in object");
    if (!accept(':'))
        return fail("missing : in object pair");
    skip_space();
    std::size_t const begin = at_;
    json::value what;
    if (!value(what))
        return false;
    json::string const& key = name.get_string();
    if (!result.emplace(key, std::move(what)).second)
        return fail("duplicate key");
    if (level_ == 1 && key == "id")
        id_ = tokens_.substr(begin, at_ - begin);
    return true;
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

bool request_parser::string(json::value& result)
{
    std::string_view const token = tokens_.substr(at_, string_token_size(tokens_.substr(at_)));
    at_ += token.size();
    if (auto const error = decode_string_token(token, text_))
        return fail(*error);
    result = json::string_view(text_);
    return true;
}

bool request_parser::number(json::value& result)
{
    std::string_view const token = take_token();
    char const* const end = token.data() + token.size();
    std::int64_t with_sign = 0;
    if (auto const [stop, error] = std::from_chars(token.data(), end, with_sign); error == std::errc() && stop == end) {
        result = with_sign;
        return true;
    }
    std::uint64_t without_sign = 0;
    if (auto const [stop, error] = std::from_chars(token.data(), end, without_sign); error == std::errc() && stop == end) {
        result = without_sign;
        return true;
    }
    double real = 0;
    if (std::from_chars(token.data(), end, real).ec != std::errc())
        real = is_large(token) ? std::numeric_limits<double>::infinity() : 0.0;
    result = token.front() == '-' ? -std::abs(real) : real;
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
    for (std::size_t at = 0; at < token.size(); ++at) {
        if (static_cast<unsigned char>(token[at]) >= 0x80)
            return false;
        if (token[at] == '\\' && token[++at] == '\'')
            return false;
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
