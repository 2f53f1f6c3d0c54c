// The lists are of names, and never of exceptions: what is not written here is refused.
// Each was reviewed with the documentation and the behaviour of QEMU 2.12 to 10.0; the test lists the commands that were left out.
#include <coqmp/monitor_policy.hpp>

#include "detail/harmless_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <span>

namespace json = boost::json;

namespace coqmp {

namespace {

using names = std::span<std::string_view const>;

constexpr std::string_view read_only_commands[] = {
    "device-list-properties",
    "qom-list",  // the names and types of properties, without their values
    "qom-list-properties",
    "qom-list-types",
    "query-acpi-ospm-status",
    "query-audiodevs",
    "query-balloon",
    "query-block",
    "query-block-exports",
    "query-block-jobs",
    "query-blockstats",
    "query-chardev",
    "query-chardev-backends",
    "query-colo-status",
    "query-command-line-options",
    "query-commands",
    "query-cpu-definitions",
    "query-cpu-model-baseline",
    "query-cpu-model-comparison",
    "query-cpu-model-expansion",
    "query-cpus-fast",
    "query-cryptodev",
    "query-current-machine",
    "query-dirty-rate",
    "query-display-options",
    "query-dump",
    "query-dump-guest-memory-capability",
    "query-events",
    "query-fdsets",
    "query-gic-capabilities",
    "query-hotpluggable-cpus",
    "query-hv-balloon-status-report",
    "query-iothreads",
    "query-jobs",
    "query-kvm",
    "query-machines",
    "query-memdev",
    "query-memory-devices",
    "query-memory-size-summary",
    "query-mice",
    "query-migrate",
    "query-migrate-cache-size",
    "query-migrate-capabilities",
    "query-migrate-parameters",
    "query-migrationthreads",
    "query-name",
    "query-named-block-nodes",
    "query-pci",
    "query-pr-managers",
    "query-qmp-schema",
    "query-replay",
    "query-rocker",
    "query-rocker-of-dpa-flows",
    "query-rocker-of-dpa-groups",
    "query-rocker-ports",
    "query-s390x-cpu-polarization",
    "query-sev",
    "query-sev-capabilities",
    "query-sev-launch-measure",
    "query-sgx",
    "query-sgx-capabilities",
    "query-spice",
    "query-stats",
    "query-stats-schemas",
    "query-status",
    "query-target",
    "query-tpm",
    "query-tpm-models",
    "query-tpm-types",
    "query-uuid",
    "query-vcpu-dirty-limit",
    "query-version",
    "query-vm-generation-id",
    "query-vnc",
    "query-vnc-servers",
    "query-xen-replication-status",
    "query-yank",
    "trace-event-get-state",
    "xen-event-list",
};

constexpr std::string_view job_commands[] = {
    "block-job-cancel", "block-job-complete",  "block-job-dismiss", "block-job-finalize", "block-job-pause",
    "block-job-resume", "block-job-set-speed", "job-cancel",        "job-complete",       "job-dismiss",
    "job-finalize",     "job-pause",           "job-resume",
};

constexpr std::string_view backup_commands[] = {
    "add-fd",
    "block-dirty-bitmap-add",
    "block-dirty-bitmap-clear",
    "block-dirty-bitmap-disable",
    "block-dirty-bitmap-enable",
    "block-dirty-bitmap-merge",
    "block-dirty-bitmap-remove",
    "block-export-add",
    "block-export-del",
    "blockdev-add",
    "blockdev-backup",
    "blockdev-create",
    "blockdev-del",
    "closefd",
    "drive-backup",
    "getfd",
    "nbd-server-add",
    "nbd-server-remove",
    "nbd-server-start",
    "nbd-server-stop",
    "remove-fd",
    "transaction",
};

constexpr std::string_view operator_commands[] = {
    "announce-self",
    "balloon",
    "block-set-write-threshold",
    "block_set_io_throttle",
    "blockdev-close-tray",
    "blockdev-insert-medium",  // a node that exists already
    "blockdev-open-tray",
    "blockdev-remove-medium",
    "cont",
    "eject",
    "inject-nmi",
    "query-rx-filter",  // enables the next NIC_RX_FILTER_CHANGED, so that it does more than read
    "rtc-reset-reinjection",
    "set_link",
    "stop",
    "system_powerdown",
    "system_reset",
    "system_wakeup",
};

void allow_all(monitor_policy& policy, names commands)
{
    for (std::string_view const each : commands)
        policy.allow(each);
}

command_error generic_error(std::string description)
{
    return {"GenericError", std::move(description)};
}

std::string policy_does_not_allow(std::string_view policy, std::string_view what, std::string_view name)
{
    constexpr std::size_t longest = 200;  // No command's name is as long, and a client's text should not fill a log.
    std::string shown = detail::harmless(name.substr(0, longest));
    if (name.size() > longest)
        shown += "...";
    return "The policy '" + std::string(policy) + "' does not allow the " + std::string(what) + " '" + shown + "'";
}

// The words are QEMU's, as measured with QEMU 7.2.22.
command_error wrong_type(std::string const& name, std::string_view expected)
{
    return generic_error("Invalid parameter type for '" + name + "', expected: " + std::string(expected));
}

command_error missing(std::string const& name)
{
    return generic_error("Parameter '" + name + "' is missing");
}

}  // namespace

monitor_policy::monitor_policy(std::string name, monitor_policy extended) : monitor_policy(std::move(extended))
{
    name_ = std::move(name);
}

monitor_policy monitor_policy::read_only()
{
    monitor_policy result("read-only");
    allow_all(result, read_only_commands);
    return result;
}

monitor_policy monitor_policy::backup()
{
    monitor_policy result("backup", read_only());
    allow_all(result, backup_commands);
    allow_all(result, job_commands);
    return result;
}

monitor_policy monitor_policy::operation()
{
    monitor_policy result("operator", read_only());
    allow_all(result, operator_commands);
    allow_all(result, job_commands);
    return result;
}

monitor_policy monitor_policy::all()
{
    monitor_policy result("all");
    result.allows_everything_ = true;
    return result;
}

std::optional<monitor_policy> monitor_policy::named(std::string_view name)
{
    for (auto const make : {&read_only, &backup, &operation, &all})
        if (monitor_policy found = make(); found.name() == name)
            return found;
    return std::nullopt;
}

std::vector<std::string> monitor_policy::built_in_names()
{
    return {"read-only", "backup", "operator", "all"};
}

monitor_policy& monitor_policy::allow(std::string_view command) &
{
    commands_.emplace(command);
    return *this;
}

monitor_policy monitor_policy::allow(std::string_view command) &&
{
    return std::move(allow(command));
}

bool monitor_policy::allows(std::string_view command) const noexcept
{
    return allows_everything_ || commands_.contains(command);
}

std::optional<command_error> monitor_policy::refusal(std::string_view command, json::object const& arguments) const
{
    if (allows_everything_)
        return std::nullopt;
    if (!commands_.contains(command))
        return command_error{"CommandNotFound", policy_does_not_allow(name_, "command", command)};
    if (command == "transaction")
        return transaction_refusal(arguments);
    return std::nullopt;
}

std::optional<command_error> monitor_policy::transaction_refusal(json::object const& arguments) const
{
    json::value const* const actions = arguments.if_contains("actions");
    if (actions == nullptr)
        return missing("actions");
    json::array const* const list = actions->if_array();
    if (list == nullptr)
        return wrong_type("actions", "array");
    for (std::size_t index = 0; index < list->size(); ++index)
        if (auto found = action_refusal((*list)[index], index))
            return found;
    return std::nullopt;
}

std::optional<command_error> monitor_policy::action_refusal(json::value const& action, std::size_t index) const
{
    auto const member = [index](std::string_view name) { return "actions[" + std::to_string(index) + "]" + std::string(name); };
    json::object const* const members = action.if_object();
    if (members == nullptr)
        return wrong_type(member(""), "object");
    json::value const* const type = members->if_contains("type");
    if (type == nullptr)
        return missing(member(".type"));
    if (!type->is_string())
        return wrong_type(member(".type"), "string");
    std::string_view const name = type->get_string();
    if (name != "abort" && !commands_.contains(name))
        return generic_error(policy_does_not_allow(name_, "action", name));
    return std::nullopt;
}

}  // namespace coqmp
