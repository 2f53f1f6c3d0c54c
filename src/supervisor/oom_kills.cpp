#include "supervisor/oom_kills.hpp"

#include "detail/small_file.hpp"

#include <charconv>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>

namespace coqmp::detail {

namespace {

/// @return nothing: it cannot be known
std::optional<std::uint64_t> count_of(std::string const& cgroup) noexcept
try {
    auto const text = cgroup.empty() ? std::nullopt : read_small_file(cgroup + "/memory.events");
    if (!text)
        return std::nullopt;
    constexpr std::string_view name = "\noom_kill ";
    std::string const lines = '\n' + *text;
    std::size_t const found = lines.find(name);
    if (found == std::string::npos)
        return std::nullopt;
    std::uint64_t result = 0;
    auto const read = std::from_chars(lines.data() + found + name.size(), lines.data() + lines.size(), result);
    return read.ec == std::errc() ? std::optional(result) : std::nullopt;
} catch (std::exception const&) {
    return std::nullopt;
}

}  // namespace

oom_kills::oom_kills(std::string cgroup) : cgroup_(std::move(cgroup)), before_(count_of(cgroup_)) {}

bool oom_kills::have_grown() const noexcept
{
    auto const now = before_ ? count_of(cgroup_) : std::nullopt;
    return now && *now > *before_;
}

}  // namespace coqmp::detail
