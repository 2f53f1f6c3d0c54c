// What texts hold.
#ifndef COQMP_TEST_SUPPORT_TEXT_HPP
#define COQMP_TEST_SUPPORT_TEXT_HPP

#include <cstddef>
#include <string_view>

namespace coqmp::test {

inline bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

/// How often a text holds another one.
inline std::size_t times(std::string_view text, std::string_view part)
{
    std::size_t result = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
        ++result;
    return result;
}

}  // namespace coqmp::test

#endif
