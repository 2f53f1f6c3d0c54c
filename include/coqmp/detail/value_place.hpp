// Where the decoder is in a value.
#ifndef COQMP_DETAIL_VALUE_PLACE_HPP
#define COQMP_DETAIL_VALUE_PLACE_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace coqmp::detail {

/// A list on the stack, from the inside out: it costs nothing until an error needs its text.
class value_place
{
public:
    /// The whole value. @param origin the name of its command or event
    explicit value_place(std::string_view origin) noexcept : name(origin) {}
    /// A member of an object.
    value_place(value_place const& around, std::string_view member) noexcept : outer(&around), name(member) {}
    /// An element of an array.
    value_place(value_place const& around, std::size_t element) noexcept : outer(&around), index(element) {}

    value_place const* outer = nullptr;
    std::string_view name;
    std::optional<std::size_t> index;
};

/// The names and indices that lead to a place: `[3].thread-id`.
[[nodiscard]] std::string path_to(value_place const& place);

/// @throws unexpected_value
[[noreturn]] void fail_decoding(value_place const& place, std::string reason);

}  // namespace coqmp::detail

#endif
