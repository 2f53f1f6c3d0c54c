// What is written into the files of a machine's cgroup, without I/O.
#ifndef COQMPD_CGROUPS_CGROUP_LIMITS_HPP
#define COQMPD_CGROUPS_CGROUP_LIMITS_HPP

#include "machines/machine_file.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmpd {

/// The contents of one file of a cgroup.
struct cgroup_setting
{
    std::string controller;  ///< `memory`, for example.
    std::string file;        ///< `memory.max`
    std::string content;
    bool is_wanted = false;  ///< Whether the machine's file sets it. If not, it is the kernel's default, which lifts a limit.

    friend bool operator==(cgroup_setting const&, cgroup_setting const&) = default;
};

/// All limits that a machine can have. Those that its file does not set have the kernel's defaults, so that a second reading of
/// the file also lifts limits.
[[nodiscard]] std::vector<cgroup_setting> cgroup_settings(limit_settings const& limits);

/// The path of our own cgroup in the unified hierarchy, from a line such as
/// `0::/system.slice/coqmpd.service` in /proc/self/cgroup.
/// @return nothing: there is no cgroup v2
[[nodiscard]] std::optional<std::string> own_cgroup_in(std::string_view proc_self_cgroup);

}  // namespace coqmpd

#endif
