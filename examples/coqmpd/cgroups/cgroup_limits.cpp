#include "cgroups/cgroup_limits.hpp"

#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

namespace coqmpd {

namespace {

constexpr std::string_view no_limit = "max";

std::string_view take_line(std::string_view& text)
{
    std::size_t const end = text.find('\n');
    std::string_view const result = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return result;
}

template <class Number>
cgroup_setting setting_of(std::string controller, std::string file, std::optional<Number> const& wanted,
                          std::string_view otherwise)
{
    return {std::move(controller), std::move(file), wanted ? std::to_string(*wanted) : std::string(otherwise),
            wanted.has_value()};
}

/// `QUOTA PERIOD`, in microseconds.
cgroup_setting cpu_max(std::optional<double> const& cpus)
{
    constexpr double period = 100'000;
    std::string const quota = cpus ? std::to_string(std::llround(*cpus * period)) : std::string(no_limit);
    return {"cpu", "cpu.max", quota + " 100000", cpus.has_value()};
}

}  // namespace

std::vector<cgroup_setting> cgroup_settings(limit_settings const& limits)
{
    constexpr std::string_view usual_weight = "100";
    std::vector<cgroup_setting> result;
    result.push_back(setting_of("memory", "memory.max", limits.memory, no_limit));
    result.push_back(setting_of("memory", "memory.swap.max", limits.swap, no_limit));
    result.push_back(cpu_max(limits.cpus));
    result.push_back(setting_of("cpu", "cpu.weight", limits.cpu_weight, usual_weight));
    result.push_back(setting_of("io", "io.weight", limits.io_weight, usual_weight));
    result.push_back(setting_of("pids", "pids.max", limits.tasks, no_limit));
    return result;
}

std::optional<std::string> own_cgroup_in(std::string_view proc_self_cgroup)
{
    constexpr std::string_view unified = "0::";
    while (!proc_self_cgroup.empty()) {
        std::string_view const line = take_line(proc_self_cgroup);
        if (line.starts_with("0::/"))
            return std::string(line.substr(unified.size()));
    }
    return std::nullopt;
}

}  // namespace coqmpd
