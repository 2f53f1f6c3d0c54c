// The schemas in memory, one copy for all sessions of a version.
#ifndef COQMP_SRC_SCHEMA_SCHEMA_CACHE_HPP
#define COQMP_SRC_SCHEMA_SCHEMA_CACHE_HPP

#include <coqmp/schema.hpp>

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace coqmp::detail {

/// Keeps those that were used last; peers can claim to be of any number of versions. From any thread.
class schema_cache
{
public:
    static constexpr std::size_t most_versions = 16;

    /// @return an empty schema: it is not there
    [[nodiscard]] schema find(std::string_view version);

    /// Keeps a schema, unless another session was faster. @return the one that is kept
    [[nodiscard]] schema keep(std::string_view version, schema fresh);

private:
    [[nodiscard]] schema find_locked(std::string_view version);

    std::mutex mutex_;
    std::list<std::pair<std::string, schema>> schemas_;  ///< last used first
};

}  // namespace coqmp::detail

#endif
