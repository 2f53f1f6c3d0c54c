// A recursive descent over the text; each level takes one of 1,024.
#include "language/read/literal.hpp"
#include "language/read/unicode.hpp"
#include "language/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace json = boost::json;

namespace qmp_shell {

namespace {

bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

void append_utf8(std::string& to, std::uint32_t value)
{
    auto const add = [&to](std::uint32_t byte) { to += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (value < 0x80) {
        add(value);
    } else if (value < 0x800) {
        add(0xc0U | value >> 6U);
        add(0x80U | (value & 0x3fU));
    } else if (value < 0x10000) {
        add(0xe0U | value >> 12U);
        add(0x80U | (value >> 6U & 0x3fU));
        add(0x80U | (value & 0x3fU));
    } else {
        add(0xf0U | value >> 18U);
        add(0x80U | (value >> 12U & 0x3fU));
        add(0x80U | (value >> 6U & 0x3fU));
        add(0x80U | (value & 0x3fU));
    }
}

/// Reads what stands between two quotes.
class quoted_reader
{
public:
    quoted_reader(std::string_view text, std::size_t position, notation allowed)
        : text_(text), position_(position), begin_(position), quote_(text[position]), allowed_(allowed)
    {}

    [[nodiscard]] std::size_t position() const noexcept { return position_; }

    std::string read()
    {
        ++position_;
        while (position_ < text_.size() && text_[position_] != quote_) {
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
        if (position_ == text_.size())
            throw literal_error{begin_, "the quote that begins here is not closed"};
        ++position_;
        return std::move(result_);
    }

private:
    [[noreturn]] void refuse(std::string message) const { throw literal_error{position_, std::move(message)}; }

    void escape()
    {
        constexpr std::string_view names = "\"\\/bfnrt'av";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t'\a\v";
        constexpr std::size_t known_to_json = 8;
        char const name = position_ + 1 < text_.size() ? text_[position_ + 1] : '\0';
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
    std::size_t begin_;
    char quote_;
    notation allowed_;
    std::string result_;
};

class literal_reader
{
public:
    literal_reader(std::string_view text, notation allowed) : text_(text), allowed_(allowed) {}

    json::value read()
    {
        json::value result = value();
        skip_white();
        if (position_ < text_.size())
            refuse(position_, "something follows where the value ends: put a space before the next argument");
        return result;
    }

    /// Reads on until the name of that member. @return nothing: it is not there
    std::optional<std::size_t> find(std::string_view path)
    try {
        sought_ = path;
        (void)value();
        return std::nullopt;
    } catch (found const& member) {
        return member.begin;
    } catch (literal_error const&) {
        return std::nullopt;
    }

private:
    /// Thrown to end the search for a member.
    struct found
    {
        std::size_t begin;
    };

    [[noreturn]] static void refuse(std::size_t offset, std::string message) { throw literal_error{offset, std::move(message)}; }

    void skip_white()
    {
        while (position_ < text_.size() && is_white(text_[position_]))
            ++position_;
    }

    [[nodiscard]] char next() const { return position_ < text_.size() ? text_[position_] : '\0'; }
    [[nodiscard]] bool python() const { return allowed_ == notation::python; }

    json::value value()
    {
        skip_white();
        switch (next()) {
            case '{':
                return nested([this] { return json::value(object()); });
            case '[':
                return nested([this] { return json::value(array(']')); });
            case '(':
                return python() ? nested([this] { return json::value(array(')')); }) : word();
            case '\'':
                return python() ? json::value(quoted()) : word();
            case '"':
                return json::value(quoted());
            default:
                return word();
        }
    }

    template <class Read>
    json::value nested(Read read)
    {
        if (levels_ == most_levels)
            refuse(position_, "this is nested over 1,024 levels, more than QEMU reads");
        ++levels_;
        ++position_;
        json::value result = read();
        --levels_;
        return result;
    }

    std::string quoted()
    {
        if (next() != '"' && (next() != '\'' || !python()))
            refuse(position_, R"(a quoted name is expected here, as in {"name": value})");
        return read_quoted(text_, position_, allowed_);
    }

    json::object object()
    {
        json::object members;
        sequence('}', [&] {
            std::size_t const begin = position_;
            std::string const key = quoted();
            skip_white();
            if (next() != ':')
                refuse(position_, R"(a colon is expected here, as in {"name": value})");
            ++position_;
            if (!members.emplace(key, value_at((path_.empty() ? "" : ".") + key, begin)).second)
                refuse(begin, "the member \"" + abbreviated(key) + "\" is there twice: leave one of them out");
        });
        return members;
    }

    json::array array(char end)
    {
        json::array items;
        sequence(end, [&] { items.push_back(value_at('[' + std::to_string(items.size()) + ']', position_)); });
        return items;
    }

    /// Reads what belongs to a name or an index, unless that is what is looked for.
    json::value value_at(std::string const& name, std::size_t begin)
    {
        if (sought_.empty())
            return value();
        std::size_t const size = path_.size();
        path_ += name;
        if (path_ == sought_)
            throw found{begin};
        json::value result = value();
        path_.resize(size);
        return result;
    }

    template <class Read>
    void sequence(char end, Read read_item)
    {
        bool comma = false;
        for (bool first = true;; first = false) {
            skip_white();
            if (next() == end && (first || !comma || python()))
                break;
            if (!first && !comma)
                refuse(position_, std::string("a comma or ") + end + " is expected here");
            read_item();
            skip_white();
            comma = next() == ',';
            if (comma)
                ++position_;
        }
        ++position_;
    }

    json::value word()
    {
        std::size_t const begin = position_;
        while (position_ < text_.size() && !is_white(text_[position_]) &&
               std::string_view(",:]})'\"").find(text_[position_]) == std::string_view::npos)
            ++position_;
        std::string_view const token = text_.substr(begin, position_ - begin);
        if (token == "true" || (python() && token == "True"))
            return true;
        if (token == "false" || (python() && token == "False"))
            return false;
        if (token == "null" || (python() && token == "None"))
            return nullptr;
        if (!is_number(token))
            refuse(begin, python() ? "a value is expected here: a number, true, false, null, a quoted text, {...} or [...]"
                                   : "this is not JSON: a number, true, false, null, \"text\", {...} or [...] is expected");
        try {
            return read_number(token);
        } catch (literal_error& error) {
            refuse(begin, std::move(error.message));
        }
    }

    std::string_view text_;
    notation allowed_;
    std::size_t position_ = 0;
    std::size_t levels_ = 0;
    std::string_view sought_;  ///< a path; empty: none
    std::string path_;         ///< to where the reader is, if a path is sought
};

/// @return how many digits begin the text
std::size_t count_digits(std::string_view text)
{
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

}  // namespace

json::value read_literal(std::string_view text, notation allowed)
{
    return literal_reader(text, allowed).read();
}

std::optional<std::size_t> find_member(std::string_view text, std::string_view path)
{
    return path.empty() ? std::nullopt : literal_reader(text, notation::python).find(path);
}

std::string read_quoted(std::string_view text, std::size_t& position, notation allowed)
{
    quoted_reader reader(text, position, allowed);
    std::string result = reader.read();
    position = reader.position();
    return result;
}

bool is_number(std::string_view text)
{
    if (text.starts_with('-'))
        text.remove_prefix(1);
    std::size_t const whole = count_digits(text);
    if (whole == 0 || (whole > 1 && text.starts_with('0')))
        return false;
    text.remove_prefix(whole);
    if (text.starts_with('.')) {
        std::size_t const fraction = count_digits(text.substr(1));
        if (fraction == 0)
            return false;
        text.remove_prefix(1 + fraction);
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        if (text.starts_with('+') || text.starts_with('-'))
            text.remove_prefix(1);
        std::size_t const exponent = count_digits(text);
        return exponent != 0 && exponent == text.size();
    }
    return text.empty();
}

json::value read_number(std::string_view text)
{
    char const* const begin = text.data();
    char const* const end = begin + text.size();
    if (text.find_first_of(".eE") == std::string_view::npos) {
        std::int64_t number = 0;
        if (std::from_chars(begin, end, number).ec == std::errc())
            return json::value(number);
        std::uint64_t positive = 0;
        if (std::from_chars(begin, end, positive).ec == std::errc())
            return json::value(positive);
        throw literal_error{0, "this number does not fit into 64 bits: put it in quotes if a text is meant"};
    }
    double real = 0;
    if (std::from_chars(begin, end, real).ec != std::errc())
        throw literal_error{0, "this number is too large or too small for a double: put it in quotes if a text is meant"};
    return json::value(real);
}

}  // namespace qmp_shell
