#include "protocol/split_text.hpp"

#include <cstddef>
#include <utility>

namespace coqmp::protocol {

void split_text::append(std::string_view part)
{
    if (!std::exchange(has_parts_, true))
        parts_.clear();
    parts_ += part;
}

std::string_view split_text::joined(std::string_view last_part)
{
    has_parts_ = false;
    parts_ += last_part;
    return parts_;
}

void split_text::free_large_buffer() noexcept
{
    constexpr std::size_t most = std::size_t{64} << 10;
    if (parts_.capacity() > most)
        parts_ = {};
}

}  // namespace coqmp::protocol
