#include "language/unicode.hpp"

#include <algorithm>

namespace qmp_shell {

code_point first_code_point(std::string_view text)
{
    auto const at = [text](std::size_t index) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[index])); };
    std::uint32_t const lead = at(0);
    if (lead < 0x80)
        return {lead, 1};
    std::size_t const length = lead >= 0xf0 && lead < 0xf5   ? 4
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                                                             : 0;
    if (length == 0 || text.size() < length)
        return {};
    std::uint32_t value = lead & (0x7fU >> length);
    for (std::size_t index = 1; index < length; ++index) {
        if ((at(index) & 0xc0U) != 0x80)
            return {};
        value = value << 6U | (at(index) & 0x3fU);
    }
    bool const overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    bool const surrogate = value >= 0xd800 && value < 0xe000;
    return overlong || surrogate || value > 0x10ffff ? code_point{} : code_point{value, length};
}

std::size_t find_no_utf8(std::string_view text)
{
    for (std::size_t position = 0; position < text.size();) {
        if (static_cast<unsigned char>(text[position]) < 0x80) {
            ++position;
            continue;
        }
        std::size_t const length = first_code_point(text.substr(position)).length;
        if (length == 0)
            return position;
        position += length;
    }
    return std::string_view::npos;
}

std::string abbreviated(std::string_view text, std::size_t most)
{
    constexpr std::string_view cut = "...";
    std::size_t kept = 0;
    std::size_t position = 0;
    for (std::size_t count = 0; count < most && position < text.size(); ++count) {
        if (count + cut.size() == most)
            kept = position;
        position += std::max<std::size_t>(first_code_point(text.substr(position)).length, 1);
    }
    return position < text.size() ? std::string(text.substr(0, kept)).append(cut) : std::string(text);
}

}  // namespace qmp_shell
