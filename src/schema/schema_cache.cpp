#include "schema/schema_cache.hpp"

#include <algorithm>

namespace coqmp::detail {

schema schema_cache::find(std::string_view version)
{
    std::scoped_lock const lock(mutex_);
    return find_locked(version);
}

schema schema_cache::keep(std::string_view version, schema fresh)
{
    std::scoped_lock const lock(mutex_);
    if (schema known = find_locked(version); !known.empty())
        return known;
    schemas_.emplace_front(version, fresh);
    if (schemas_.size() > most_versions)
        schemas_.pop_back();
    return fresh;
}

schema schema_cache::find_locked(std::string_view version)
{
    auto const found = std::find_if(schemas_.begin(), schemas_.end(), [&](auto const& each) { return each.first == version; });
    if (found == schemas_.end())
        return {};
    schemas_.splice(schemas_.begin(), schemas_, found);
    return found->second;
}

}  // namespace coqmp::detail
