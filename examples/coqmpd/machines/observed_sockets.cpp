#include "machines/observed_sockets.hpp"

#include "daemon/printable_text.hpp"
#include "machines/machine_name.hpp"

#include <coqmp/endpoint.hpp>

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace coqmpd {

namespace {

constexpr std::size_t longest_path_in_log = 200;

bool is_pattern(machine_file const& file)
{
    return file.is_observed() && !file.observe.value->address;
}

/// What all sockets that match end with.
std::string_view suffix_of(std::string_view pattern)
{
    std::string_view const result = pattern.substr(pattern.find_last_of("*?]") + 1);
    return result.find('\\') == std::string_view::npos ? result : std::string_view();
}

/// Adds the machines of one pattern.
void expand(std::string const& name, machine_file const& file, std::vector<std::string> const& sockets, machine_set& into)
{
    observed_monitors const& observed = *file.observe.value;
    for (std::string const& socket : sockets) {
        if (::fnmatch(observed.pattern.c_str(), socket.c_str(), FNM_PERIOD) != 0)
            continue;
        std::string const path = (std::filesystem::path(observed.directory) / socket).native();
        std::string const machine = name + '.' + socket.substr(0, socket.size() - suffix_of(observed.pattern).size());
        std::string reason = find_name_problem(machine);
        if (reason.empty() && (into.machines.contains(machine) || into.refused.contains(machine)))
            reason = "there is a file for a machine " + machine;
        if (!reason.empty()) {
            into.problems.push_back(coqmp_daemon::printable(path, longest_path_in_log) + ": not observed: " + reason);
            continue;
        }
        machine_file made = file;
        made.observe.value->address = coqmp::endpoint::unix_socket(path);
        into.machines.emplace(machine, std::move(made));
    }
}

}  // namespace

std::vector<std::string> sockets_in(std::string const& directory)
{
    std::vector<std::string> result;
    std::error_code error;
    std::filesystem::directory_iterator entry(directory, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        if (std::error_code ignored; entry->is_socket(ignored))
            result.push_back(entry->path().filename().native());
    std::ranges::sort(result);
    return result;
}

std::set<std::string> observed_directories(machine_set const& set)
{
    std::set<std::string> result;
    for (auto const& [name, file] : set.machines)
        if (is_pattern(file))
            result.insert(file.observe.value->directory);
    return result;
}

machine_set expand_patterns(machine_set set, std::string const& own,
                            std::function<std::vector<std::string>(std::string const&)> const& list)
{
    std::vector<std::pair<std::string, machine_file>> patterns;
    for (auto const& [name, file] : set.machines)
        if (is_pattern(file))
            patterns.emplace_back(name, file);
    for (auto const& [name, file] : patterns)
        set.machines.erase(name);
    for (auto const& [name, file] : patterns) {
        std::string const& directory = file.observe.value->directory;
        std::error_code ignored;
        if (std::filesystem::path(directory) == own || std::filesystem::equivalent(directory, own, ignored))
            set.problems.push_back(name + ".toml: observe: the daemon's own sockets cannot be observed");
        else
            expand(name, file, list(directory), set);
    }
    return set;
}

void keep_refused_patterns(machine_set const& before, machine_set& set)
{
    for (auto const& [name, file] : before.machines)
        if (is_pattern(file) && set.refused.contains(name))
            set.machines.emplace(name, file);
}

}  // namespace coqmpd
