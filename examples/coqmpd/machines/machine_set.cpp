#include "machines/machine_set.hpp"

#include "daemon/configuration/account_names.hpp"
#include "daemon/configuration/problem_list.hpp"
#include "daemon/configuration/trusted_file.hpp"
#include "daemon/printable_text.hpp"
#include "machines/image_check.hpp"
#include "machines/machine_name.hpp"
#include "machines/order_check.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace coqmpd {

namespace {

using coqmp_daemon::configuration_error;

constexpr std::string_view suffix = ".toml";

/// The names of the directory's files, sorted.
std::vector<std::string> file_names_in(std::string const& directory)
{
    std::error_code error;
    std::vector<std::string> result;
    std::filesystem::directory_iterator entry(directory, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        result.push_back(entry->path().filename().native());
    if (error)
        throw configuration_error({coqmp_daemon::printable(directory) + ": cannot read the directory: " + error.message()});
    std::ranges::sort(result);
    return result;
}

void add_problems(std::string const& machine, configuration_error const& error, machine_set& into)
{
    into.refused.insert(machine);
    std::ranges::copy(error.problems(), std::back_inserter(into.problems));
}

/// Refuses machines whose places are in the lists.
void refuse(std::map<std::string, coqmp_daemon::problem_list> const& lists, machine_set& set)
{
    for (auto const& [machine, list] : lists) {
        try {
            list.throw_if_any();
        } catch (configuration_error const& error) {
            add_problems(machine, error, set);
        }
    }
    for (std::string const& each : set.refused)
        set.machines.erase(each);
}

/// A machine that is refused keeps its previous images, which another one must then not get.
void check_all(std::vector<file_text> const& files, known_machines const& known, image_lookup& images, machine_set& set)
{
    std::size_t refused = 0;
    bool is_first = true;
    do {
        refused = set.refused.size();
        std::map<std::string, coqmp_daemon::problem_list> lists;
        for (file_text const& each : files)
            lists.emplace(each.machine, coqmp_daemon::problem_list(each.path));
        if (std::exchange(is_first, false))
            check_order(set, lists);
        check_images(set, known, images, lists);
        refuse(lists, set);
    } while (set.refused.size() != refused);
    for (std::string const& each : images.silent())
        set.warnings.push_back(describe_silence(each));
}

/// Asks once for each user, so that no event loop has to ask, and a slow directory service is not asked for each machine.
void find_accounts(machine_set& set)
{
    std::map<std::pair<std::string, std::string>, std::optional<coqmp_daemon::process_account>> known;
    for (auto& [name, machine] : set.machines) {
        if (machine.user.empty() && machine.group.empty())
            continue;
        auto const [entry, is_new] = known.try_emplace({machine.user, machine.group});
        if (is_new)
            entry->second = coqmp_daemon::find_process_account(machine.user, machine.group);
        machine.account = entry->second;
    }
}

void parse(file_text const& file, machine_set& into)
{
    try {
        into.machines.emplace(file.machine, parse_machine_file(file.text, file.path));
    } catch (configuration_error const& error) {
        add_problems(file.machine, error, into);
    }
}

}  // namespace

machine_set parse_machines(std::vector<file_text> const& files, known_machines const& known)
{
    image_lookup images;
    return parse_machines(files, images, known);
}

machine_set parse_machines(std::vector<file_text> const& files, image_lookup& images, known_machines const& known)
{
    coqmp_daemon::remembered_accounts const remembered;
    machine_set result;
    for (file_text const& each : files)
        parse(each, result);
    check_all(files, known, images, result);
    find_accounts(result);
    return result;
}

machine_set read_machines(std::string const& directory, known_machines const& known)
{
    machine_set unread;
    image_lookup images;
    std::vector<file_text> files;
    for (std::string const& name : file_names_in(directory)) {
        if (!name.ends_with(suffix) || name.starts_with('.'))
            continue;
        std::string const machine = name.substr(0, name.size() - suffix.size());
        std::string const path = (std::filesystem::path(directory) / name).native();
        if (std::string const reason = find_name_problem(machine); !reason.empty()) {
            unread.problems.push_back(coqmp_daemon::printable(path) + ": " + reason);
            continue;
        }
        try {
            files.push_back({machine, path, coqmp_daemon::read_trusted_file(path, ::geteuid())});
        } catch (configuration_error const& error) {
            add_problems(machine, error, unread);
        }
    }
    coqmp_daemon::remembered_accounts const remembered;
    machine_set result = unread;
    for (file_text const& each : files)
        parse(each, result);
    check_all(files, known, images, result);
    find_accounts(result);
    return result;
}

}  // namespace coqmpd
