// One character of a text in UTF-8.
#ifndef COQMP_SRC_DETAIL_UTF8_CHARACTER_HPP
#define COQMP_SRC_DETAIL_UTF8_CHARACTER_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace coqmp::detail {

struct utf8_character
{
    std::uint32_t code_point;
    std::size_t size;  ///< In bytes; zero: the bytes are not UTF-8.
};

/// @param text not empty
[[nodiscard]] utf8_character first_character(std::string_view text) noexcept;

}  // namespace coqmp::detail

#endif
