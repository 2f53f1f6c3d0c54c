#include "schema/schema_tables.hpp"

#include <algorithm>

namespace coqmp::detail {

std::vector<std::string_view> schema_tables::feature_names(range which) const
{
    std::vector<std::string_view> result;
    for (range const each : std::span(features).subspan(which.first, which.count))
        result.push_back(text(each));
    return result;
}

bool schema_tables::has_feature(range which, std::string_view name) const noexcept
{
    auto const own = std::span(features).subspan(which.first, which.count);
    return std::any_of(own.begin(), own.end(), [&](range each) { return text(each) == name; });
}

schema_tables::entry const* schema_tables::find(std::vector<entry> const& entries, std::string_view name) const noexcept
{
    auto const found = std::lower_bound(entries.begin(), entries.end(), name,
                                        [this](entry const& each, std::string_view wanted) { return text(each.name) < wanted; });
    return found != entries.end() && text(found->name) == name ? &*found : nullptr;
}

bool schema_tables::takes_more_arguments(entry const& command) const noexcept
{
    // netdev_add until QEMU 4.2, object-add until 5.2, device_add still. Those that are described in full are unions.
    std::string_view const name = text(command.name);
    bool const is_open = name == "device_add" || name == "netdev_add" || name == "object-add";
    return is_open && types[command.arguments].tag.count == 0;
}

schema_tables::member const* schema_tables::find_member(type const& which, std::string_view name) const noexcept
{
    auto const own = members_of(which);
    auto const found = std::find_if(own.begin(), own.end(), [&](member const& each) { return text(each.name) == name; });
    return found != own.end() ? &*found : nullptr;
}

schema_tables::index schema_tables::find_variant(type const& which, std::string_view value) const noexcept
{
    auto const own = variants_of(which);
    auto const found = std::find_if(own.begin(), own.end(), [&](variant const& each) { return text(each.value) == value; });
    return found != own.end() ? found->type : unknown_type;
}

}  // namespace coqmp::detail
