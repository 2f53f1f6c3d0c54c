// The names of C++ members and enumerators in QMP, and back.
#ifndef COQMP_DETAIL_QMP_NAMES_HPP
#define COQMP_DETAIL_QMP_NAMES_HPP

#include <array>
#include <cstddef>
#include <string_view>

namespace coqmp {

/// Specialize it as true for a described type whose names in QMP have underscores, such as `bps_rd` of `block_set_io_throttle`.
/// It matters for sending only: what is received may have hyphens or underscores.
template <class Described>
inline constexpr bool keeps_underscores = false;

namespace detail {

/// Without the underscore at the end that makes a name of a keyword: `default_`.
constexpr std::string_view without_escape(std::string_view name) noexcept
{
    return name.size() > 1 && name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

/// Whether a name of QMP is that of a C++ member or enumerator.
constexpr bool is_same_name(std::string_view qmp, std::string_view cxx) noexcept
{
    cxx = without_escape(cxx);
    if (qmp.size() != cxx.size())
        return false;
    for (std::size_t at = 0; at < qmp.size(); ++at)
        if (qmp[at] != cxx[at] && !(qmp[at] == '-' && cxx[at] == '_'))
            return false;
    return true;
}

/// The name that is sent for what Boost.Describe describes.
template <class Descriptor, bool KeepsUnderscores>
class qmp_name
{
    static constexpr std::string_view cxx = without_escape(Descriptor::name);
    static constexpr auto characters = [] {
        std::array<char, cxx.size()> result{};
        for (std::size_t at = 0; at < cxx.size(); ++at)
            result[at] = cxx[at] == '_' && !KeepsUnderscores ? '-' : cxx[at];
        return result;
    }();

public:
    static constexpr std::string_view value{characters.data(), characters.size()};
};

}  // namespace detail

}  // namespace coqmp

#endif
