#include "detail/utf8_character.hpp"

#include <array>

namespace coqmp::detail {

utf8_character first_character(std::string_view text) noexcept
{
    auto const byte = [text](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])); };
    std::uint32_t const first = byte(0);
    if (first < 0x80)
        return {first, 1};
    std::size_t const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    constexpr std::array<std::uint32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
    if (first < 0xc2 || first > 0xf4 || text.size() < size)
        return {0, 0};
    std::uint32_t point = first & (0xffU >> (size + 1));
    for (std::size_t at = 1; at < size; ++at) {
        if ((byte(at) & 0xc0) != 0x80)
            return {0, 0};
        point = (point << 6) | (byte(at) & 0x3f);
    }
    bool const is_surrogate = point >= 0xd800 && point <= 0xdfff;
    return {point, point < smallest[size] || point > 0x10ffff || is_surrogate ? 0 : size};
}

}  // namespace coqmp::detail
