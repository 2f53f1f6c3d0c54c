#include <coqmp/job_state.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ostream>

namespace coqmp {

namespace {

constexpr std::array<std::string_view, 11> job_state_names{"unknown", "created", "running",  "paused",    "ready", "standby",
                                                           "waiting", "pending", "aborting", "concluded", "null"};

}  // namespace

std::string_view to_string(job_state state) noexcept
{
    auto const index = static_cast<std::size_t>(state);
    return index < job_state_names.size() ? job_state_names[index] : job_state_names[0];
}

job_state job_state_named(std::string_view name) noexcept
{
    auto const* const found = std::find(job_state_names.begin(), job_state_names.end(), name);
    return found == job_state_names.end() ? job_state::unknown : static_cast<job_state>(found - job_state_names.begin());
}

std::ostream& operator<<(std::ostream& out, job_state state)
{
    return out << to_string(state);
}

}  // namespace coqmp
