#include "language/read/integer.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace json = boost::json;

namespace qmp_shell {

namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

/// Takes digits off the beginning. @return nothing: there are none, or too many
std::variant<std::uint64_t, integer_problem> take_digits(std::string_view& text, int base)
{
    std::uint64_t result = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), result, base);
    if (error == std::errc::result_out_of_range)
        return integer_problem::too_large;
    if (error != std::errc())
        return integer_problem::no_integer;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return result;
}

/// How many bits `K`, `MiB` and the like shift by.
std::variant<unsigned, integer_problem> shift_of(std::string_view suffix)
{
    if (suffix.empty())
        return 0U;
    // In lower case too, as QEMU's own command line takes them; but not `1e`, which looks like half of 1e3.
    std::size_t const power =
        std::min(std::string_view("kmgtp").find(suffix.front()), std::string_view("KMGTPE").find(suffix.front()));
    std::string_view const unit = suffix.substr(1);
    if (power == std::string_view::npos)
        return integer_problem::no_integer;
    if (unit == "B" || unit == "b")
        return integer_problem::ambiguous;
    bool const binary = unit.empty() || unit == "iB" || unit == "ib" || unit == "IB";
    return binary ? std::variant<unsigned, integer_problem>(10U * static_cast<unsigned>(power + 1)) : integer_problem::no_integer;
}

/// 0.`digits` times 2 to the power of `shift`, exactly. @return nothing: it is not whole
std::optional<std::uint64_t> whole_part_of(std::string_view digits, unsigned shift)
{
    digits = digits.substr(0, digits.find_last_not_of('0') + 1);  // npos + 1 is 0
    std::uint64_t result = 0;
    // More digits than bits: a power of two has no such fraction.
    if (digits.size() > 18)
        return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), result);
    for (std::size_t digit = 0; digit < digits.size(); ++digit) {
        if (result % 5 != 0)
            return std::nullopt;
        result /= 5;
    }
    auto const halved = static_cast<unsigned>(digits.size());  // ten is two times five
    if (halved <= shift)
        return result << (shift - halved);
    std::uint64_t const rest = result & ((std::uint64_t{1} << (halved - shift)) - 1);
    return rest == 0 ? std::optional(result >> (halved - shift)) : std::nullopt;
}

std::variant<std::uint64_t, integer_problem> read_magnitude(std::string_view text)
{
    bool const hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    if (hexadecimal)
        text.remove_prefix(2);
    auto const whole = take_digits(text, hexadecimal ? 16 : 10);
    if (std::holds_alternative<integer_problem>(whole))
        return whole;
    std::string_view fraction;
    bool const point = text.starts_with('.');
    if (point) {
        fraction = text.substr(1, text.find_first_not_of("0123456789", 1) - 1);
        text.remove_prefix(1 + fraction.size());
    }
    auto const read = shift_of(text);
    if (auto const* const problem = std::get_if<integer_problem>(&read))
        return *problem;
    unsigned const shift = std::get<unsigned>(read);
    if (point && (hexadecimal || fraction.empty() || shift == 0))
        return integer_problem::no_integer;
    std::uint64_t const number = std::get<std::uint64_t>(whole);
    if (number > largest >> shift)
        return integer_problem::too_large;
    std::optional<std::uint64_t> const rest = whole_part_of(fraction, shift);
    if (!rest)
        return integer_problem::not_whole;
    return (number << shift) + *rest;
}

}  // namespace

std::variant<json::value, integer_problem> read_integer(std::string_view text)
{
    bool const negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    auto const read = read_magnitude(text);
    if (auto const* const problem = std::get_if<integer_problem>(&read))
        return *problem;
    std::uint64_t const number = std::get<std::uint64_t>(read);
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (!negative)
        return number <= most ? json::value(static_cast<std::int64_t>(number)) : json::value(number);
    if (number > most + 1)
        return integer_problem::too_large;
    return json::value(static_cast<std::int64_t>(~number + 1));
}

std::string wanted_integer(std::string_view text)
{
    auto const read = read_integer(text);
    auto const* const problem = std::get_if<integer_problem>(&read);
    switch (problem != nullptr ? *problem : integer_problem::no_integer) {
        case integer_problem::too_large:
            return "an integer of 64 bits, and this is too large for them";
        case integer_problem::not_whole:
            return "an integer, and of this a fraction is left: write the number in full";
        case integer_problem::ambiguous:
            return "an integer, and this may mean powers of 1,000 or of 1,024: write " +
                   std::string(text.substr(0, text.size() - 1)) + " for 1,024, or the number in full";
        case integer_problem::no_integer:
            break;
    }
    return "an integer, as 10, 0xa, 10G or 1.5G";
}

}  // namespace qmp_shell
