// A recursive descent over the parts of a value; each level takes one of 1,024.
#include "language/read/literal.hpp"

#include "language/read/unicode.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace json = boost::json;

namespace qmp_shell {

namespace {

bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

class literal_reader
{
public:
    literal_reader(std::string_view text, notation allowed) : text_(text), allowed_(allowed), parts_(text, allowed) {}

    json::value read()
    {
        json::value result = value(parts_.next());
        (void)parts_.next();  // it is the end, or refused
        return result;
    }

private:
    json::value value(value_part const& first)
    {
        std::size_t position = first.begin;
        switch (first.what) {
            case value_part::kind::object:
                return object();
            case value_part::kind::array:
                return array();
            case value_part::kind::quoted:
                return json::value(read_quoted(text_, position, allowed_));
            default:
                return word(first);
        }
    }

    json::object object()
    {
        json::object members;
        for (value_part name = parts_.next(); name.what != value_part::kind::close; name = parts_.next())
            if (!members.emplace(*name.key, value(parts_.next())).second)
                throw literal_error{name.begin,
                                    "the member \"" + abbreviated(*name.key) + "\" is there twice: leave one of them out"};
        return members;
    }

    json::array array()
    {
        json::array items;
        for (value_part item = parts_.next(); item.what != value_part::kind::close; item = parts_.next())
            items.push_back(value(item));
        return items;
    }

    [[nodiscard]] json::value word(value_part const& from) const
    try {
        bool const python = allowed_ == notation::python;
        if (from.text == "true" || (python && from.text == "True"))
            return true;
        if (from.text == "false" || (python && from.text == "False"))
            return false;
        if (from.text == "null" || (python && from.text == "None"))
            return nullptr;
        if (!is_number(from.text))
            parts_.refuse_value(from.begin);
        return read_number(from.text);
    } catch (literal_error& error) {
        error.offset = from.begin;
        throw;
    }

    std::string_view text_;
    notation allowed_;
    value_scanner parts_;
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
