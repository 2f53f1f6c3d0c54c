#include "cgroups/cgroup_tree.hpp"

#include "daemon/printable_text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>

namespace coqmpd {

namespace {

constexpr std::array<std::string_view, 4> wanted_controllers = {"cpu", "io", "memory", "pids"};

/// systemd starts us there from 254 on (DelegateSubgroup=).
constexpr std::string_view leaf_of_systemd = "daemon";
/// We move there otherwise. The name differs, because it tells lift_limits() that systemd does not do it.
constexpr std::string_view leaf_of_ours = "supervisor";
/// systemd starts all processes there that it starts beside the daemon and after it.
constexpr std::string_view control_leaf = ".control";

std::optional<std::string> content_of(std::filesystem::path const& file)
{
    std::ifstream stream(file);
    if (!stream)
        return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

/// One write(), as the kernel requires. @return an error number, or zero
int write_file(std::filesystem::path const& file, std::string_view content)
{
    int const number = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (number < 0)
        return errno;
    int const error = ::write(number, content.data(), content.size()) < 0 ? errno : 0;
    ::close(number);
    return error;
}

void write_or_report(std::filesystem::path const& file, std::string_view content, std::vector<std::string>& problems)
{
    if (int const error = write_file(file, content); error != 0)
        problems.push_back("cannot write " + std::string(content) + " to " + coqmp_daemon::printable(file.native()) + ": " +
                           std::generic_category().message(error));
}

bool make_directory(std::filesystem::path const& path, std::vector<std::string>& problems)
{
    std::error_code error;
    std::filesystem::create_directory(path, error);
    if (error)
        problems.push_back("cannot create the cgroup " + coqmp_daemon::printable(path.native()) + ": " + error.message());
    return !error;
}

std::vector<std::string> words_in(std::string const& text)
{
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
}

std::vector<std::string> words_in_file(std::filesystem::path const& file)
{
    return words_in(content_of(file).value_or(""));
}

/// Takes the last part off a path such as `/system.slice/coqmpd.service/daemon`. @return whether it was this one
bool leave(std::string& cgroup, std::string_view part)
{
    if (!cgroup.ends_with(part) || !cgroup.ends_with('/' + std::string(part)))
        return false;
    cgroup.resize(cgroup.size() - part.size() - 1);
    return true;
}

void withdraw_controllers(std::filesystem::path const& from, std::vector<std::string>& problems)
{
    for (std::string const& each : words_in_file(from / "cgroup.subtree_control"))
        write_or_report(from / "cgroup.subtree_control", "-" + each, problems);
}

}  // namespace

std::unique_ptr<cgroup_tree> cgroup_tree::open(std::filesystem::path const& root, std::string const& proc_self_cgroup,
                                               bool limits_are_lifted, std::vector<std::string>& problems)
{
    auto own_name = own_cgroup_in(proc_self_cgroup);
    if (!own_name || !content_of(root / "cgroup.controllers"))
        return nullptr;
    bool const is_in_leaf = leave(*own_name, leaf_of_systemd);
    // We must not create cgroups in the root, and without Delegate= we could not write here.
    if (own_name->size() <= 1)
        return nullptr;
    std::filesystem::path const own = root / own_name->substr(1);
    if (::access((own / "cgroup.subtree_control").c_str(), W_OK) != 0)
        return nullptr;
    std::unique_ptr<cgroup_tree> result(new cgroup_tree(own));
    if (!make_directory(result->machines_, problems))
        return nullptr;
    result->enter_leaf(is_in_leaf ? leaf_of_systemd : leaf_of_ours, problems);
    // A cgroup that passes controllers on accepts no process (EBUSY). An older systemd, which puts a new daemon into the service's own
    // cgroup, could then never start it again while a machine runs (systemd issue 24064), unless they are withdrawn before.
    if (is_in_leaf || limits_are_lifted) {
        result->delegate(own, problems);
        result->delegate(result->machines_, problems);
    }
    return result;
}

std::vector<std::string> cgroup_tree::lift_limits(std::filesystem::path const& root, std::string const& proc_self_cgroup)
{
    std::vector<std::string> problems;
    auto own_name = own_cgroup_in(proc_self_cgroup);
    if (!own_name)
        return problems;  // there is no cgroup v2, so there are no limits
    if (!leave(*own_name, control_leaf) || own_name->empty()) {
        problems.emplace_back("limits are lifted only by the service manager, after the daemon has ended (ExecStopPost=)");
        return problems;
    }
    std::filesystem::path const own = root / own_name->substr(1);
    if (std::filesystem::exists(own / leaf_of_systemd))
        return problems;
    // From the bottom up: the kernel refuses to withdraw what a cgroup below passes on (EBUSY).
    withdraw_controllers(own / "machines", problems);
    withdraw_controllers(own, problems);
    return problems;
}

/// Without this, the kernel refuses to make controllers available (EBUSY). QEMUs that an earlier version left here are moved, too.
void cgroup_tree::enter_leaf(std::string_view name, std::vector<std::string>& problems)
{
    std::filesystem::path const leaf = own_ / name;
    if (!make_directory(leaf, problems))
        return;
    for (std::string const& process : words_in_file(own_ / "cgroup.procs"))
        write_or_report(leaf / "cgroup.procs", process, problems);
    // The leaf of a daemon that another version of systemd has started is empty, and would mislead lift_limits().
    ::rmdir((own_ / (name == leaf_of_ours ? leaf_of_systemd : leaf_of_ours)).c_str());
}

void cgroup_tree::delegate(std::filesystem::path const& from, std::vector<std::string>& problems)
{
    auto const available = words_in_file(from / "cgroup.controllers");
    for (std::string const& each : available)
        for (std::string_view const wanted : wanted_controllers)
            if (each == wanted)
                write_or_report(from / "cgroup.subtree_control", "+" + each, problems);
}

std::string cgroup_tree::prepare(std::string const& name, limit_settings const& limits, std::vector<std::string>& problems)
{
    if (!make_directory(machines_ / name, problems))
        return {};
    apply(name, limits, problems);
    return (machines_ / name).native();
}

void cgroup_tree::apply(std::string const& name, limit_settings const& limits, std::vector<std::string>& problems)
{
    for (cgroup_setting const& each : cgroup_settings(limits)) {
        std::filesystem::path const file = machines_ / name / each.file;
        bool const is_there = ::access(file.c_str(), F_OK) == 0;
        if (is_there)
            write_or_report(file, each.content, problems);
        else if (each.is_wanted)
            problems.push_back("a limit is not set, because the cgroup has no " + each.file + ": the controller " +
                               each.controller + " is not available");
    }
}

void cgroup_tree::remove(std::string const& name) noexcept
{
    ::rmdir((machines_ / name).c_str());
}

}  // namespace coqmpd
