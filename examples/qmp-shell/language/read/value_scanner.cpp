#include "language/read/value_scanner.hpp"

#include "language/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace qmp_shell {

namespace {

[[noreturn]] void refuse(std::size_t offset, std::string message)
{
    throw literal_error{offset, std::move(message)};
}

[[noreturn]] void refuse_open_quote(std::size_t offset)
{
    refuse(offset, "the quote that begins here is not closed");
}

/// Where the quote stands that closes the one at `begin`. @return npos: it is not closed
std::size_t find_closing_quote(std::string_view text, std::size_t begin)
{
    std::size_t end = begin + 1;
    while (end < text.size() && text[end] != text[begin])
        end += text[end] == '\\' ? 2 : 1;
    return end < text.size() ? end : std::string_view::npos;
}

void append_utf8(std::string& to, std::uint32_t value)
{
    constexpr std::array<std::uint32_t, 4> leads{0, 0xc0, 0xe0, 0xf0};
    std::size_t const more = value < 0x80 ? 0 : value < 0x800 ? 1 : value < 0x10000 ? 2 : 3;  // bytes after the first
    std::size_t shift = 6 * more;
    to += static_cast<char>(static_cast<unsigned char>(leads[more] | value >> shift));
    while (shift != 0) {
        shift -= 6;
        to += static_cast<char>(static_cast<unsigned char>(0x80U | (value >> shift & 0x3fU)));
    }
}

/// Reads what stands between two quotes.
class quoted_reader
{
public:
    /// @param begin of the opening quote @param end of the closing one
    quoted_reader(std::string_view text, std::size_t begin, std::size_t end, notation allowed)
        : text_(text), position_(begin + 1), end_(end), quote_(text[begin]), allowed_(allowed)
    {}

    std::string read()
    {
        while (position_ < end_) {
            char const character = text_[position_];
            if (character == '\\') {
                escape();
                continue;
            }
            if (static_cast<unsigned char>(character) < 0x20 && (character != '\t' || allowed_ == notation::json))
                refuse("a control character must be escaped inside quotes, as \\n or \\u000a is");
            result_ += character;
            ++position_;
        }
        return std::move(result_);
    }

private:
    [[noreturn]] void refuse(std::string message) const { throw literal_error{position_, std::move(message)}; }

    void escape()
    {
        constexpr std::string_view names = "\"\\/bfnrt'av";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t'\a\v";
        constexpr std::size_t known_to_json = 8;
        char const name = text_[position_ + 1];  // at the latest the closing quote
        std::size_t const found = names.find(name);
        if (found < (allowed_ == notation::json ? known_to_json : names.size())) {
            result_ += meanings[found];
            position_ += 2;
        } else if (name == 'u') {
            unicode();
        } else if (name == 'x' && allowed_ == notation::python) {
            code_point(2);
        } else if (quote_ == '\'') {  // as in Python
            result_ += '\\';
            ++position_;
        } else {
            refuse("this escape is not valid inside double quotes: write \\\\ for a backslash");
        }
    }

    std::optional<std::uint32_t> hexadecimal(std::size_t begin, std::size_t digits)
    {
        if (begin + digits > text_.size())
            return std::nullopt;
        std::uint32_t value = 0;
        char const* const end = text_.data() + begin + digits;
        auto const [stop, error] = std::from_chars(text_.data() + begin, end, value, 16);
        return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
    }

    void code_point(std::size_t digits)
    {
        std::optional<std::uint32_t> const value = hexadecimal(position_ + 2, digits);
        if (!value)
            refuse(digits == 4 ? "four hexadecimal digits must follow \\u" : "two hexadecimal digits must follow \\x");
        append_utf8(result_, *value);
        position_ += 2 + digits;
    }

    void unicode()
    {
        std::optional<std::uint32_t> const first = hexadecimal(position_ + 2, 4);
        if (!first || *first < 0xd800 || *first > 0xdfff)
            return code_point(4);
        std::optional<std::uint32_t> const second =
            text_.substr(position_ + 6, 2) == "\\u" ? hexadecimal(position_ + 8, 4) : std::nullopt;
        if (*first > 0xdbff || !second || *second < 0xdc00 || *second > 0xdfff)
            refuse(R"(this is half a character: \ud800 to \udbff must be followed by \udc00 to \udfff)");
        append_utf8(result_, 0x10000U + ((*first - 0xd800U) << 10U) + (*second - 0xdc00U));
        position_ += 12;
    }

    std::string_view text_;
    std::size_t position_;
    std::size_t end_;
    char quote_;
    notation allowed_;
    std::string result_;
};

}  // namespace

std::string read_quoted(std::string_view text, std::size_t& position, notation allowed)
{
    std::size_t const end = find_closing_quote(text, position);
    if (end == std::string_view::npos)
        refuse_open_quote(position);
    std::string result = quoted_reader(text, position, end, allowed).read();
    position = end + 1;
    return result;
}

token next_token(std::string_view text, std::size_t position)
{
    constexpr std::string_view marks = "{}[]():,";
    constexpr std::string_view ends_a_word = " \t\r\n{}[]():,\"'";
    using kind = token::kind;
    std::size_t const begin = std::min(text.find_first_not_of(white, position), text.size());
    auto const until = [&](kind what, std::size_t end) { return token{what, begin, text.substr(begin, end - begin)}; };
    char const first = begin < text.size() ? text[begin] : '\0';
    if (begin == text.size())
        return until(kind::end, begin);
    if (marks.find(first) != std::string_view::npos)
        return until(kind::mark, begin + 1);
    if (first == '"' || first == '\'') {
        std::size_t const quote = find_closing_quote(text, begin);
        return quote == std::string_view::npos ? until(kind::open_quote, quote) : until(kind::quoted, quote + 1);
    }
    if (first == '#' && (begin == 0 || is_white(text[begin - 1])))
        return until(kind::comment, std::min(text.find('\n', begin), text.size()));
    return until(kind::word, std::min(text.find_first_of(ends_a_word, begin), text.size()));
}

void value_scanner::refuse_value(std::size_t offset) const
{
    refuse(offset, is_python() ? "a value is expected here: a number, true, false, null, a quoted text, {...} or [...]"
                               : "this is not JSON: a number, true, false, null, \"text\", {...} or [...] is expected");
}

value_part value_scanner::next()
{
    for (;;) {
        token const here = next_token(text_, position_);
        if (std::optional<value_part> result = unfinished(here))
            return *std::move(result);
        position_ = here.end();
        if (here.what == token::kind::comment)
            continue;
        if (here.what == token::kind::open_quote)
            refuse_open_quote(here.begin);
        char const mark = here.mark();
        if (may_close_ && mark == levels_.back().end) {
            levels_.pop_back();
            end_value();
            return {value_part::kind::close, here.begin, here.text, {}};
        }
        switch (awaits_) {
            case awaited::name: {
                if (!is_text(here))
                    refuse(here.begin, R"(a quoted name is expected here, as in {"name": value})");
                std::size_t begin = here.begin;
                awaits_ = awaited::colon;
                may_close_ = false;
                return {value_part::kind::name, here.begin, here.text, read_quoted(text_, begin, allowed_)};
            }
            case awaited::colon:
                if (mark != ':')
                    refuse(here.begin, R"(a colon is expected here, as in {"name": value})");
                awaits_ = awaited::value;
                break;
            case awaited::value:
                return value(here);
            case awaited::comma:
                if (mark != ',')
                    refuse(here.begin, std::string("a comma or ") + levels_.back().end + " is expected here");
                awaits_ = levels_.back().end == '}' ? awaited::name : awaited::value;
                may_close_ = is_python();
                break;
            case awaited::nothing:
                if (here.what != token::kind::end)
                    refuse(here.begin, "something follows where the value ends: put a space before the next argument");
                return {};
        }
    }
}

bool value_scanner::is_text(token const& what) const
{
    return what.what == token::kind::quoted && (is_python() || what.text.front() == '"');
}

std::optional<value_part> value_scanner::unfinished(token const& last)
{
    bool const finished = last.end() != text_.size() || last.what == token::kind::mark || last.what == token::kind::quoted;
    if (given_ == extent::whole || levels_.empty() || finished)
        return std::nullopt;
    if (awaits_ == awaited::name)
        return part(value_part::kind::unfinished_name, last);
    if (awaits_ == awaited::value)
        return part(value_part::kind::unfinished_value, last);
    return last.what == token::kind::end ? std::optional(value_part()) : std::nullopt;
}

/// A value is an item if it stands in an array.
value_part value_scanner::part(value_part::kind what, token const& from)
{
    value_part result{what, from.begin, from.text, {}};
    if (!levels_.empty() && levels_.back().end != '}')
        result.key = std::to_string(levels_.back().items++);
    return result;
}

value_part value_scanner::value(token const& from)
{
    if (from.mark() == '{' || from.mark() == '[' || (from.mark() == '(' && is_python()))
        return open(from);
    bool const text = is_text(from);
    if (!text && from.what != token::kind::word)
        refuse_value(from.begin);
    value_part result = part(text ? value_part::kind::quoted : value_part::kind::word, from);
    end_value();
    return result;
}

value_part value_scanner::open(token const& bracket)
{
    if (levels_.size() == most_levels)
        refuse(bracket.begin, "this is nested over 1,024 levels, more than QEMU reads");
    bool const object = bracket.mark() == '{';
    value_part result = part(object ? value_part::kind::object : value_part::kind::array, bracket);
    levels_.push_back({object ? '}' : bracket.mark() == '[' ? ']' : ')'});
    awaits_ = object ? awaited::name : awaited::value;
    may_close_ = true;
    return result;
}

void value_scanner::end_value()
{
    may_close_ = !levels_.empty();
    awaits_ = may_close_ ? awaited::comma : awaited::nothing;
}

}  // namespace qmp_shell
