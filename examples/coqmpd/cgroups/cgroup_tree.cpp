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

}  // namespace

std::unique_ptr<cgroup_tree> cgroup_tree::open(std::filesystem::path const& root, std::string const& proc_self_cgroup,
                                               std::vector<std::string>& problems)
{
    auto own_name = own_cgroup_in(proc_self_cgroup);
    if (!own_name || !content_of(root / "cgroup.controllers"))
        return nullptr;
    // systemd puts us there from 254 on (DelegateSubgroup=).
    constexpr std::string_view leaf = "/daemon";
    bool const is_in_leaf = own_name->ends_with(leaf);
    if (is_in_leaf)
        own_name->resize(own_name->size() - leaf.size());
    std::filesystem::path const own = root / own_name->substr(1);
    // We must not create cgroups in the root, and without Delegate= we could not write here.
    if (own_name->size() <= 1 || ::access((own / "cgroup.subtree_control").c_str(), W_OK) != 0)
        return nullptr;
    std::unique_ptr<cgroup_tree> result(new cgroup_tree(own));
    if (!make_directory(result->machines_, problems))
        return nullptr;
    result->enter_leaf(problems);
    // A cgroup that passes controllers on accepts no process (EBUSY). An older systemd, which puts a new daemon into the service's own
    // cgroup, could then never start it again while a machine runs (systemd issue 24064).
    if (is_in_leaf) {
        result->delegate(own, problems);
        result->delegate(result->machines_, problems);
    }
    return result;
}

/// Without this, the kernel refuses to make controllers available (EBUSY). QEMUs that an earlier version left here are moved, too.
void cgroup_tree::enter_leaf(std::vector<std::string>& problems)
{
    std::filesystem::path const leaf = own_ / "daemon";
    if (!make_directory(leaf, problems))
        return;
    for (std::string const& process : words_in(content_of(own_ / "cgroup.procs").value_or("")))
        write_or_report(leaf / "cgroup.procs", process, problems);
}

void cgroup_tree::delegate(std::filesystem::path const& from, std::vector<std::string>& problems)
{
    auto const available = words_in(content_of(from / "cgroup.controllers").value_or(""));
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
