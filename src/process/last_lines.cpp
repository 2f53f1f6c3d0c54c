#include "process/last_lines.hpp"

#include <cstddef>

namespace coqmp::detail {

namespace {

constexpr std::size_t lines_to_quote = 10;

}  // namespace

std::string last_lines(std::string_view text)
{
    text = text.substr(0, text.find_last_not_of("\r\n \t") + 1);
    std::size_t begin = text.size();
    for (std::size_t lines = 0; lines < lines_to_quote && begin != std::string_view::npos && begin > 0; ++lines)
        begin = text.rfind('\n', begin - 1);
    if (begin != std::string_view::npos && begin < text.size())
        text.remove_prefix(begin == 0 ? 0 : begin + 1);
    return std::string(text);
}

}  // namespace coqmp::detail
