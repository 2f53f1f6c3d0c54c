// Whatever a program prints for `--version` is a version, by an independent reading, or is none.
#include "expect.hpp"

#include "process/program_version.hpp"

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace {

using coqmp::version;
using coqmp::detail::parse_program_version;
using coqmp::fuzz::choices;
using coqmp::fuzz::expect;

/// Takes decimal digits from the front. @return none: there are none, or too many for an int
std::optional<int> take_number(std::string_view& text)
{
    std::uint64_t number = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
        number = number * 10 + static_cast<std::uint64_t>(text[digits] - '0');
        if (number > static_cast<std::uint64_t>(std::numeric_limits<int>::max()))
            return std::nullopt;
    }
    text.remove_prefix(digits);
    return digits == 0 ? std::nullopt : std::optional<int>(static_cast<int>(number));
}

/// The rule, written down a second time: two or three numbers with dots between them, after the first mention.
std::optional<version> expected(std::string_view text)
{
    constexpr std::string_view mark = "QEMU emulator version ";
    std::size_t const begin = text.find(mark);
    if (begin == std::string_view::npos)
        return std::nullopt;
    text.remove_prefix(begin + mark.size());
    std::array<int, 3> parts{};
    std::size_t count = 0;
    do {
        std::optional<int> const part = take_number(text);
        if (!part)
            return std::nullopt;
        parts[count] = *part;
        if (++count == parts.size() || !text.starts_with('.'))
            break;
        text.remove_prefix(1);
    } while (true);
    if (count == 1)
        return std::nullopt;
    version result;
    result.major = parts[0];
    result.minor = parts[1];
    result.micro = parts[2];
    return result;
}

void check(std::string const& text)
{
    std::optional<version> const found = parse_program_version(text);
    expect(found == expected(text), "a version is found exactly where there is one");
}

/// Numbers of any size, in the place of a version.
void check_numbers(std::string_view bytes)
{
    choices input(bytes);
    std::string text = "QEMU emulator version ";
    for (int part = 0; part < 3; ++part) {
        std::uint32_t number = 0;
        for (int count = input.byte() % 5; count > 0; --count)
            number = number << 8 | input.byte();
        text += std::to_string(number) + ".-"[input.byte() % 2];
    }
    check(text.append(input.rest()));
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    // A copy of exactly this size, so that a sanitizer notices reads beyond it.
    std::string const text(reinterpret_cast<char const*>(data), size);
    check(text);
    check("QEMU emulator version " + text);
    check_numbers(text);
    return 0;
}
