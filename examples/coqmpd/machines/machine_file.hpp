// What a machine's file says: /etc/coqmp/machines/NAME.toml.
#ifndef COQMPD_MACHINES_MACHINE_FILE_HPP
#define COQMPD_MACHINES_MACHINE_FILE_HPP

#include "daemon/configuration/account_names.hpp"
#include "daemon/configuration/setting.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/supervision_policy.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmpd {

using coqmp_daemon::located;

using coqmp::boot_loop_action;
using coqmp::panic_action;
using coqmp::restart_policy;

/// `[restart]`
struct restart_settings
{
    restart_policy policy = restart_policy::on_failure;
    unsigned most = 5;  ///< Within `window`.
    std::chrono::milliseconds window = std::chrono::minutes(10);
    std::chrono::milliseconds first_pause = std::chrono::seconds(1);
    std::chrono::milliseconds longest_pause = std::chrono::minutes(2);
    bool after_reboot = true;  ///< Under `-no-reboot`.

    friend bool operator==(restart_settings const&, restart_settings const&) = default;
};

/// `[boot_loop]`
struct boot_loop_settings
{
    unsigned reboots = 10;  ///< More of them within `window` are a boot loop.
    std::chrono::milliseconds window = std::chrono::minutes(1);
    boot_loop_action action = boot_loop_action::report;

    friend bool operator==(boot_loop_settings const&, boot_loop_settings const&) = default;
};

/// `[panic]`, for a guest that has panicked and is paused.
struct panic_settings
{
    panic_action action = panic_action::leave;
    bool dump = false;
    std::string dump_directory;
    std::uint64_t largest_dump = std::uint64_t{16} << 30;  ///< Bytes. Zero: no limit.
    unsigned most_dumps = 3;                               ///< Zero: no limit.
    std::chrono::milliseconds dump_time = std::chrono::minutes(10);

    friend bool operator==(panic_settings const&, panic_settings const&) = default;
};

/// `[liveness]`
struct liveness_settings
{
    std::chrono::milliseconds interval = std::chrono::seconds(10);
    std::chrono::milliseconds time = std::chrono::seconds(5);
    std::chrono::milliseconds kill_silent_after = std::chrono::milliseconds::zero();  ///< Zero: never.

    friend bool operator==(liveness_settings const&, liveness_settings const&) = default;
};

/// `[shutdown]`
struct shutdown_settings
{
    std::chrono::milliseconds budget = std::chrono::seconds(75);  ///< Zero: no limit.
    bool ask_guest = true;
    std::optional<coqmp::endpoint> agent;  ///< The guest's agent is asked before its power button is pressed.
    std::chrono::milliseconds repeat = std::chrono::seconds(10);

    friend bool operator==(shutdown_settings const&, shutdown_settings const&) = default;
};

/// `[limits]`. A limit that is absent is not set.
struct limit_settings
{
    std::optional<std::uint64_t> memory;  ///< Bytes, of its cgroup.
    std::optional<std::uint64_t> swap;    ///< The same.
    std::optional<double> cpus;           ///< How many, of its cgroup.
    std::optional<unsigned> cpu_weight;
    std::optional<unsigned> io_weight;
    std::optional<std::uint64_t> tasks;

    std::optional<std::uint64_t> open_files;     ///< Of the process, as are the following ones.
    std::optional<std::uint64_t> locked_memory;  ///< Bytes.
    std::optional<std::uint64_t> core;           ///< Bytes.

    friend bool operator==(limit_settings const&, limit_settings const&) = default;
};

/// `[monitor]`: the socket /run/coqmp/NAME.qmp. What is absent is as in the daemon's own file.
struct monitor_settings
{
    std::optional<std::string> policy;  ///< One of monitor_policy::built_in_names(). In neither file: `read-only`.
    std::optional<bool> hold;           ///< Whether clients stay connected while the machine is down. In neither file: they do.
    std::optional<::mode_t> mode;       ///< In neither file: 0600.
    std::optional<::uid_t> owner;
    std::optional<::gid_t> group;

    /// These settings, with those of `others` for what is absent.
    [[nodiscard]] monitor_settings completed_with(monitor_settings const& others) const;

    friend bool operator==(monitor_settings const&, monitor_settings const&) = default;
};

/// `[[hook]]`: a program that is run on an event, a state, or a reason.
struct hook_settings
{
    std::string program;  ///< Its absolute path.
    std::vector<std::string> arguments;
    std::vector<std::string> events;   ///< QEMU's names.
    std::vector<std::string> states;   ///< state_names.
    std::vector<std::string> reasons;  ///< reason_names.
    std::chrono::milliseconds timeout = std::chrono::seconds(30);

    friend bool operator==(hook_settings const&, hook_settings const&) = default;
};

/// What `observe` names: the monitor of a QEMU of another owner, or all monitors whose paths match a pattern.
struct observed_monitors
{
    std::optional<coqmp::endpoint> address;  ///< Nothing: `pattern` is set, and not expanded yet.
    std::string directory;                   ///< Of the pattern; it has no wildcards, so that one inotify watch is enough.
    std::string pattern;                     ///< As in glob(7), for a name in the directory.

    friend bool operator==(observed_monitors const&, observed_monitors const&) = default;
};

struct machine_file
{
    std::string text;  ///< All of it, as it was read.
    std::string program = "qemu-system-x86_64";
    std::vector<located<std::string>> arguments;
    std::vector<std::string> environment;  ///< `NAME=value`, in addition to ours.
    std::string working_directory = "/";
    std::string user;   ///< A name or a number. Empty: ours.
    std::string group;  ///< A name or a number. Empty: that of the user.
    /// What the two mean. Nothing: it is not known, or there is neither.
    std::optional<coqmp_daemon::process_account> account;
    std::vector<located<std::string>> after;
    bool heal_no_space = true;
    located<std::optional<observed_monitors>> observe;

    restart_settings restart;
    boot_loop_settings boot_loop;
    panic_settings panic;
    liveness_settings liveness;
    shutdown_settings shutdown;
    limit_settings limits;
    monitor_settings monitor;
    std::vector<hook_settings> hooks;

    [[nodiscard]] bool is_observed() const noexcept { return observe.value.has_value(); }
};

/// The names of states and reasons, for hooks.
[[nodiscard]] std::vector<std::string> const& state_names();
[[nodiscard]] std::vector<std::string> const& reason_names();

/// Whether the accounts that a file names must exist.
enum class account_check { all, none };

/// Reads the text of a machine's file.
/// @param file its name, for messages
/// @param accounts if they are not checked, a monitor's that do not exist are the daemon's own
/// @throws coqmp_daemon::configuration_error with all problems
[[nodiscard]] machine_file parse_machine_file(std::string_view text, std::string const& file,
                                              account_check accounts = account_check::all);

}  // namespace coqmpd

#endif
