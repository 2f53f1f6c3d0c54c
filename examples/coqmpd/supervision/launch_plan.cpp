#include "supervision/launch_plan.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace coqmpd {

namespace {

using namespace std::chrono_literals;

/// A QEMU that reserves its memory before it answers may need minutes, and it may have to wait for its turn.
constexpr auto start_timeout = 10min;

/// The largest message of a QEMU. The largest answers that are of use: `query-blockstats` takes 2.4 kB for a disk with all its
/// histograms, which is 12 MB for 5,000 disks, and `query-qmp-schema` 0.2 MB. A QEMU that wants to exhaust the daemon's memory can
/// make it use 20 times as much.
constexpr std::size_t largest_message = std::size_t{16} << 20;

/// What programs that use select(2) expect (systemd's default).
constexpr ::rlim_t usual_open_files = 1024;

/// These variables are meant for the daemon. A QEMU that notified the service manager would speak for the daemon.
constexpr std::array<std::string_view, 12> variables_of_manager = {
    "NOTIFY_SOCKET", "WATCHDOG_PID",      "WATCHDOG_USEC",   "LISTEN_PID",     "LISTEN_FDS",       "LISTEN_FDNAMES",
    "INVOCATION_ID", "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "CONFIGURATION_DIRECTORY",
};

std::string_view name_of(std::string_view variable)
{
    return variable.substr(0, variable.find('='));
}

bool is_managers(std::string_view variable)
{
    return std::ranges::find(variables_of_manager, name_of(variable)) != variables_of_manager.end();
}

void set_variable(std::vector<std::string>& environment, std::string const& variable)
{
    std::erase_if(environment, [&](std::string const& each) { return name_of(each) == name_of(variable); });
    environment.push_back(variable);
}

void add_limits(limit_settings const& limits, ::rlim_t most_open_files, std::vector<coqmp::resource_limit>& into)
{
    if (limits.open_files)
        into.emplace_back(RLIMIT_NOFILE, *limits.open_files);
    else
        into.emplace_back(RLIMIT_NOFILE, std::min(usual_open_files, most_open_files), most_open_files);
    if (limits.locked_memory)
        into.emplace_back(RLIMIT_MEMLOCK, *limits.locked_memory);
    if (limits.core)
        into.emplace_back(RLIMIT_CORE, *limits.core);
}

/// The numbers that the file's names mean, if they are known: the supervisor then does not ask the host's directory service.
void set_account(machine_file const& file, coqmp::machine_spec& into)
{
    into.user = file.user;
    into.group = file.group;
    if (!file.account)
        return;
    auto const exactly = [](auto number) { return '+' + std::to_string(number); };
    if (file.account->user)
        into.user = exactly(*file.account->user);
    if (file.account->group)
        into.group = exactly(*file.account->group);
    for (::gid_t const each : file.account->supplementary_groups)
        into.supplementary_groups.push_back(exactly(each));
}

}  // namespace

inheritance inheritance::ours()
{
    inheritance result;
    for (char const* const* each = ::environ; each != nullptr && *each != nullptr; ++each)
        result.environment.emplace_back(*each);
    struct ::rlimit files = {};
    ::getrlimit(RLIMIT_NOFILE, &files);
    result.most_open_files = files.rlim_max;
    return result;
}

std::vector<std::string> environment_of(machine_file const& file, std::vector<std::string> const& inherited)
{
    std::vector<std::string> result;
    for (std::string const& each : inherited)
        if (!is_managers(each))
            set_variable(result, each);
    for (std::string const& each : file.environment)
        set_variable(result, each);
    return result;
}

coqmp::machine_spec spec_for(machine_file const& file, std::string const& cgroup, inheritance const& inherited)
{
    coqmp::machine_spec result;
    result.program = file.program;
    for (auto const& each : file.arguments)
        result.arguments.push_back(each.value);
    result.environment = environment_of(file, inherited.environment);
    result.working_directory = file.working_directory;
    set_account(file, result);
    add_limits(file.limits, inherited.most_open_files, result.limits);
    result.cgroup = cgroup;
    result.own_session = true;  // a signal from the daemon's terminal does not concern the machine
    result.start_timeout = start_timeout;
    result.session = session_for_qemu();
    result.outlives_us = true;
    result.release_when_destroyed = true;
    return result;
}

coqmp::session_options session_for_qemu()
{
    coqmp::session_options result;
    result.max_message_size = largest_message;
    return result;
}

coqmp::supervision_policy policy_for(machine_file const& file)
{
    coqmp::supervision_policy result;
    result.restart = file.restart.policy;
    result.relaunch_after_reboot = file.restart.after_reboot;
    result.most_restarts = file.restart.most;
    result.restart_window = file.restart.window;
    result.backoff = file.restart.first_pause;
    result.longest_backoff = file.restart.longest_pause;
    result.most_reboots = file.boot_loop.reboots;
    result.reboot_window = file.boot_loop.window;
    result.on_boot_loop = file.boot_loop.action;
    result.on_panic = file.panic.action;
    result.dumps_after_panic = file.panic.dump;
    result.dump_directory = file.panic.dump_directory;
    result.largest_dump = file.panic.largest_dump;
    result.most_dumps = file.panic.most_dumps;
    result.dump_time = file.panic.dump_time;
    result.heals_no_space = file.heal_no_space;
    result.probe_interval = file.liveness.interval;
    result.probe_time = file.liveness.time;
    result.kill_silent_after = file.liveness.kill_silent_after;
    result.shutdown.budget = file.shutdown.budget;
    result.shutdown.ask_guest = file.shutdown.ask_guest ? coqmp::ask_guest::yes : coqmp::ask_guest::no;
    result.shutdown.repeat = file.shutdown.repeat;
    result.shutdown.ask_through(file.shutdown.agent);
    return result;
}

std::vector<std::string> names_before(machine_file const& file)
{
    std::vector<std::string> result;
    for (auto const& each : file.after)
        result.push_back(each.value);
    return result;
}

}  // namespace coqmpd
