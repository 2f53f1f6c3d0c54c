#include <coqmp/migration_state.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ostream>

namespace coqmp {

namespace {

constexpr std::array<std::string_view, 16> migration_state_names{
    "unknown",          "none",        "setup",           "active",          "pre-switchover",
    "device",           "wait-unplug", "postcopy-active", "postcopy-paused", "postcopy-recover-setup",
    "postcopy-recover", "colo",        "cancelling",      "cancelled",       "failed",
    "completed"};

}  // namespace

std::string_view to_string(migration_state state) noexcept
{
    auto const index = static_cast<std::size_t>(state);
    return index < migration_state_names.size() ? migration_state_names[index] : migration_state_names[0];
}

migration_state migration_state_named(std::string_view name) noexcept
{
    auto const* const found = std::find(migration_state_names.begin(), migration_state_names.end(), name);
    return found == migration_state_names.end() ? migration_state::unknown
                                                : static_cast<migration_state>(found - migration_state_names.begin());
}

std::ostream& operator<<(std::ostream& out, migration_state state)
{
    return out << to_string(state);
}

}  // namespace coqmp
