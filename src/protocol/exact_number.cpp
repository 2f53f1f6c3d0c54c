#include "protocol/exact_number.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace coqmp::protocol {

namespace {

bool is_exponent_mark(char byte) noexcept
{
    return byte == 'e' || byte == 'E';
}

bool is_sign(char byte) noexcept
{
    return byte == '+' || byte == '-';
}

/// Finds the end of those digits of an exponent that may go to the parser.
/// @param from the index of a digit, or of the end of the exponent
/// @param before the number of digits before it, not counting leading zeros
std::size_t end_of_digits(std::string_view text, std::size_t from, std::size_t before) noexcept
{
    while (from < text.size() && is_digit(text[from]) && (before < most_exponent_digits || (before == 0 && text[from] == '0'))) {
        before += before != 0 || text[from] != '0' ? 1 : 0;
        ++from;
    }
    return from;
}

}  // namespace

double exact(std::string_view number, double rough) noexcept
{
    double result = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), result).ec == std::errc())
        return result;
    return std::copysign(std::abs(rough) > 1 ? std::numeric_limits<double>::infinity() : 0.0, rough);
}

void cut_number::append(std::string_view part)
{
    text_.append(part);
    for (char const each : part)
        if (!in_exponent_)
            in_exponent_ = is_exponent_mark(each);
        else if (is_digit(each) && (digits_ != 0 || each != '0'))
            ++digits_;
}

std::size_t harmless_size(std::string_view text, cut_number const& begun) noexcept
{
    std::size_t start = 0;
    if (begun.in_exponent()) {
        start = end_of_digits(text, !text.empty() && is_sign(text.front()) ? 1 : 0, begun.exponent_digits());
        if (start < text.size() && is_digit(text[start]))
            return start;
    }
    // Checks only every tenth byte, because every run of ten digits includes one of these.
    constexpr std::size_t stride = most_exponent_digits + 1;
    for (std::size_t place = start + stride - 1; place < text.size(); place += stride) {
        if (!is_digit(text[place]))
            continue;
        std::size_t first = place;
        while (first > start && is_digit(text[first - 1]))
            --first;
        std::size_t const mark = first > 0 && is_sign(text[first - 1]) ? first - 1 : first;
        if (mark > 0 && is_exponent_mark(text[mark - 1])) {
            std::size_t const last = end_of_digits(text, first, 0);
            if (last < text.size() && is_digit(text[last]))
                return last;
        }
        while (place + 1 < text.size() && is_digit(text[place + 1]))
            ++place;
    }
    return text.size();
}

}  // namespace coqmp::protocol
