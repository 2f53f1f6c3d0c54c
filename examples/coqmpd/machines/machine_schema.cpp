#include "machines/machine_schema.hpp"

#include "daemon/configuration/value_readers.hpp"
#include "machines/machine_readers.hpp"

namespace coqmpd {

namespace {

using namespace std::chrono_literals;
using coqmp_daemon::boolean;
using coqmp_daemon::byte_count;
using coqmp_daemon::duration;
using coqmp_daemon::integer;
using coqmp_daemon::one_of;
using coqmp_daemon::table_schema;

table_schema<restart_settings> restart_schema()
{
    table_schema<restart_settings> result;
    result
        .optional("policy", &restart_settings::policy,
                  one_of<restart_policy>({{"no", restart_policy::never},
                                          {"on-failure", restart_policy::on_failure},
                                          {"unless-stopped", restart_policy::unless_stopped},
                                          {"always", restart_policy::always}}))
        .optional("most", &restart_settings::most, integer(0U, 1'000'000U))
        .optional("window", &restart_settings::window, duration(1s, 24h))
        .optional("first_pause", &restart_settings::first_pause, duration(1ms, 24h))
        .optional("longest_pause", &restart_settings::longest_pause, duration(1ms, 24h))
        .optional("after_reboot", &restart_settings::after_reboot, boolean());
    return result;
}

table_schema<boot_loop_settings> boot_loop_schema()
{
    table_schema<boot_loop_settings> result;
    result.optional("reboots", &boot_loop_settings::reboots, integer(1U, 1'000'000U))
        .optional("window", &boot_loop_settings::window, duration(1s, 24h))
        .optional("action", &boot_loop_settings::action,
                  one_of<boot_loop_action>({{"report", boot_loop_action::report}, {"give-up", boot_loop_action::give_up}}));
    return result;
}

table_schema<panic_settings> panic_schema()
{
    table_schema<panic_settings> result;
    result
        .optional(
            "action", &panic_settings::action,
            one_of<panic_action>({{"leave", panic_action::leave}, {"reset", panic_action::reset}, {"end", panic_action::end}}))
        .optional("dump", &panic_settings::dump, boolean())
        .optional("dump_directory", &panic_settings::dump_directory, absolute_path())
        .optional("largest_dump", &panic_settings::largest_dump, byte_count())
        .optional("most_dumps", &panic_settings::most_dumps, integer(0U, 1'000'000U))
        .optional("dump_time", &panic_settings::dump_time, duration(1s, 24h));
    return result;
}

table_schema<liveness_settings> liveness_schema()
{
    table_schema<liveness_settings> result;
    result.optional("interval", &liveness_settings::interval, duration(1s, 1h))
        .optional("time", &liveness_settings::time, duration(100ms, 1h))
        .optional("kill_silent_after", &liveness_settings::kill_silent_after, duration(0ms, 24h));
    return result;
}

table_schema<shutdown_settings> shutdown_schema()
{
    table_schema<shutdown_settings> result;
    result.optional("budget", &shutdown_settings::budget, duration(0ms, 24h))
        .optional("ask_guest", &shutdown_settings::ask_guest, boolean())
        .optional("agent", &shutdown_settings::agent, dialed_address())
        .optional("repeat", &shutdown_settings::repeat, duration(0ms, 1h));
    return result;
}

table_schema<limit_settings> limits_schema()
{
    constexpr unsigned heaviest = 10'000;  // as cgroup v2 has it
    constexpr std::uint64_t most = std::uint64_t{1} << 32;
    table_schema<limit_settings> result;
    result.optional("memory", &limit_settings::memory, byte_count(std::uint64_t{1} << 20))
        .optional("swap", &limit_settings::swap, byte_count())
        .optional("cpus", &limit_settings::cpus, cpu_count())
        .optional("cpu_weight", &limit_settings::cpu_weight, integer(1U, heaviest))
        .optional("io_weight", &limit_settings::io_weight, integer(1U, heaviest))
        .optional("tasks", &limit_settings::tasks, integer<std::uint64_t>(1, most))
        .optional("open_files", &limit_settings::open_files, integer<std::uint64_t>(16, most))
        .optional("locked_memory", &limit_settings::locked_memory, byte_count())
        .optional("core", &limit_settings::core, byte_count());
    return result;
}

}  // namespace

table_schema<monitor_settings> monitor_schema(account_check accounts)
{
    table_schema<monitor_settings> result;
    result.optional("policy", &monitor_settings::policy, monitor_policy_name())
        .optional("hold", &monitor_settings::hold, boolean())
        .optional("mode", &monitor_settings::mode, coqmp_daemon::file_mode())
        .optional("owner", &monitor_settings::owner, known_user(accounts))
        .optional("group", &monitor_settings::group, known_group(accounts));
    return result;
}

namespace {

table_schema<hook_settings> hook_schema()
{
    table_schema<hook_settings> result;
    result.required("program", &hook_settings::program, absolute_path())
        .optional("arguments", &hook_settings::arguments, plain_arguments())
        .optional("events", &hook_settings::events, event_names())
        .optional("states", &hook_settings::states, names_among(state_names()))
        .optional("reasons", &hook_settings::reasons, names_among(reason_names()))
        .optional("timeout", &hook_settings::timeout, duration(100ms, 1h));
    return result;
}

}  // namespace

table_schema<machine_file> machine_schema(account_check accounts)
{
    table_schema<machine_file> result;
    result.optional("program", &machine_file::program, coqmp_daemon::text())
        .optional("arguments", &machine_file::arguments, program_arguments())
        .optional("environment", &machine_file::environment, variables())
        .optional("working_directory", &machine_file::working_directory, absolute_path())
        .optional("user", &machine_file::user, user_text(accounts))
        .optional("group", &machine_file::group, group_text(accounts))
        .optional("after", &machine_file::after, machine_names())
        .optional("heal_no_space", &machine_file::heal_no_space, boolean())
        .optional("observe", &machine_file::observe, observed())
        .table("restart", &machine_file::restart, restart_schema())
        .table("boot_loop", &machine_file::boot_loop, boot_loop_schema())
        .table("panic", &machine_file::panic, panic_schema())
        .table("liveness", &machine_file::liveness, liveness_schema())
        .table("shutdown", &machine_file::shutdown, shutdown_schema())
        .table("limits", &machine_file::limits, limits_schema())
        .table("monitor", &machine_file::monitor, monitor_schema(accounts))
        .tables("hook", &machine_file::hooks, hook_schema());
    return result;
}

}  // namespace coqmpd
