// Whether the kernel has killed a machine to free memory: what its cgroup counts.
#ifndef COQMP_SRC_SUPERVISOR_OOM_KILLS_HPP
#define COQMP_SRC_SUPERVISOR_OOM_KILLS_HPP

#include <cstdint>
#include <optional>
#include <string>

namespace coqmp::detail {

/// The count of one cgroup: `oom_kill` of its `memory.events`. The kernel answers from memory, so an event loop may ask.
class oom_kills
{
public:
    oom_kills() = default;
    /// Counts from now on. @param cgroup a directory; empty: there is none
    explicit oom_kills(std::string cgroup);

    /// Whether there was one since then. If the count is not known, there was none: not every SIGKILL is the kernel's.
    [[nodiscard]] bool have_grown() const noexcept;

private:
    std::string cgroup_;
    std::optional<std::uint64_t> before_;
};

}  // namespace coqmp::detail

#endif
