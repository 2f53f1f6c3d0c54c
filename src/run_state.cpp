#include <coqmp/run_state.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ostream>

namespace coqmp {

namespace {

constexpr std::array<std::string_view, 18> run_state_names{
    "unknown",        "colo",     "debug",   "finish-migrate", "guest-panicked", "inmigrate",
    "internal-error", "io-error", "paused",  "postmigrate",    "preconfig",      "prelaunch",
    "restore-vm",     "running",  "save-vm", "shutdown",       "suspended",      "watchdog"};

}  // namespace

std::string_view to_string(run_state state) noexcept
{
    auto const index = static_cast<std::size_t>(state);
    return index < run_state_names.size() ? run_state_names[index] : run_state_names[0];
}

run_state run_state_named(std::string_view name) noexcept
{
    auto const* const found = std::find(run_state_names.begin(), run_state_names.end(), name);
    return found == run_state_names.end() ? run_state::unknown : static_cast<run_state>(found - run_state_names.begin());
}

std::ostream& operator<<(std::ostream& out, run_state state)
{
    return out << to_string(state);
}

}  // namespace coqmp
