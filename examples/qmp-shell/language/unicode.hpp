// UTF-8, one code point after the other.
#ifndef QMP_SHELL_UNICODE_HPP
#define QMP_SHELL_UNICODE_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qmp_shell {

/// One code point at the beginning of a text. Its length is 0 if there is no UTF-8 at all.
struct code_point
{
    std::uint32_t value = 0;
    std::size_t length = 0;
};

/// @param text is not empty
[[nodiscard]] code_point first_code_point(std::string_view text);

/// @return where the first byte is that is no UTF-8; npos: all of it is
[[nodiscard]] std::size_t find_no_utf8(std::string_view text);

/// What a sentence quotes, which may be a megabyte: its first characters, and `...` if that is not all.
[[nodiscard]] std::string abbreviated(std::string_view text, std::size_t most = 60);

}  // namespace qmp_shell

#endif
