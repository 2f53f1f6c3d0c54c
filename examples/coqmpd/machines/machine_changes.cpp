#include "machines/machine_changes.hpp"

#include <algorithm>
#include <string_view>

namespace coqmpd {

namespace {

template <class Value>
Value const& value_of(Value const& member)
{
    return member;  // NOLINT(bugprone-return-const-ref-from-parameter): a member, never a temporary
}

template <class Value>
Value const& value_of(located<Value> const& member)
{
    return member.value;
}

/// Whether the values are the same, wherever in the file they are.
template <class Value>
bool is_same(Value const& left, Value const& right)
{
    return value_of(left) == value_of(right);
}

template <class Value>
bool is_same(std::vector<located<Value>> const& left, std::vector<located<Value>> const& right)
{
    return std::ranges::equal(left, right, {}, &located<Value>::value, &located<Value>::value);
}

/// Compares the members one by one.
class comparison
{
public:
    comparison(std::string name, machine_file const& before, machine_file const& after) : before_(before), after_(after)
    {
        result_.name = std::move(name);
    }

    template <class Member>
    comparison& at_once(char const* key, Member machine_file::* member)
    {
        if (!is_same(before_.*member, after_.*member))
            result_.applied.emplace_back(key);
        return *this;
    }

    template <class Member>
    comparison& at_launch(char const* key, Member machine_file::* member)
    {
        if (!is_same(before_.*member, after_.*member))
            result_.needs_restart.emplace_back(key);
        return *this;
    }

    [[nodiscard]] changed_machine take() { return std::move(result_); }

private:
    machine_file const& before_;
    machine_file const& after_;
    changed_machine result_;
};

/// The limits of a cgroup can be changed at any time, those of a process cannot.
void compare_limits(limit_settings const& before, limit_settings const& after, changed_machine& into)
{
    auto const of_process = [](limit_settings const& limits) {
        limit_settings result;
        result.open_files = limits.open_files;
        result.locked_memory = limits.locked_memory;
        result.core = limits.core;
        return result;
    };
    auto const of_cgroup = [](limit_settings limits) {
        limits.open_files.reset();
        limits.locked_memory.reset();
        limits.core.reset();
        return limits;
    };
    if (of_cgroup(before) != of_cgroup(after))
        into.applied.emplace_back("limits");
    if (of_process(before) != of_process(after))
        into.needs_restart.emplace_back("limits");
}

changed_machine compare(std::string const& name, machine_file const& before, machine_file const& after)
{
    changed_machine result = comparison(name, before, after)
                                 .at_launch("program", &machine_file::program)
                                 .at_launch("arguments", &machine_file::arguments)
                                 .at_launch("environment", &machine_file::environment)
                                 .at_launch("working_directory", &machine_file::working_directory)
                                 .at_launch("user", &machine_file::user)
                                 .at_launch("group", &machine_file::group)
                                 .at_once("after", &machine_file::after)
                                 .at_once("heal_no_space", &machine_file::heal_no_space)
                                 .at_once("restart", &machine_file::restart)
                                 .at_once("boot_loop", &machine_file::boot_loop)
                                 .at_once("panic", &machine_file::panic)
                                 .at_once("liveness", &machine_file::liveness)
                                 .at_once("shutdown", &machine_file::shutdown)
                                 .at_once("monitor", &machine_file::monitor)
                                 .at_once("hook", &machine_file::hooks)
                                 .take();
    compare_limits(before.limits, after.limits, result);
    return result;
}

void compare_kept(std::string const& name, machine_file const& before, machine_file const& after, machine_changes& into)
{
    // A monitor at another address is that of another QEMU.
    if (!is_same(before.observe, after.observe)) {
        into.replaced.push_back(name);
        return;
    }
    changed_machine change = compare(name, before, after);
    if (!change.applied.empty() || !change.needs_restart.empty())
        into.changed.push_back(std::move(change));
}

std::string listed(std::vector<std::string> const& words)
{
    std::string result;
    for (std::string const& each : words)
        result.append(&each == &words.front() ? "" : &each == &words.back() ? " and " : ", ").append(each);
    return result;
}

}  // namespace

machine_changes find_changes(std::map<std::string, machine_file> const& before, machine_set const& after)
{
    machine_changes result;
    for (auto const& [name, machine] : before) {
        auto const found = after.machines.find(name);
        if (found != after.machines.end())
            compare_kept(name, machine, found->second, result);
        else if (after.refused.contains(name))
            result.kept.push_back(name);
        else
            result.removed.push_back(name);
    }
    for (auto const& [name, machine] : after.machines)
        if (!before.contains(name))
            result.added.push_back(name);
    return result;
}

std::vector<std::string> describe(machine_changes const& changes)
{
    std::vector<std::string> result;
    auto const add = [&result](std::vector<std::string> const& names, std::string_view what) {
        for (std::string const& each : names)
            result.push_back(each + ": " + std::string(what));
    };
    add(changes.added, "added");
    add(changes.removed, "removed");
    add(changes.replaced, "replaced, because it now observes another QEMU, or none");
    add(changes.kept, "its file is refused; its previous settings still apply");
    for (changed_machine const& each : changes.changed) {
        if (!each.applied.empty())
            result.push_back(each.name + ": new settings apply now: " + listed(each.applied));
        if (!each.needs_restart.empty())
            result.push_back(each.name + ": new settings apply from its next restart: " + listed(each.needs_restart));
    }
    return result;
}

}  // namespace coqmpd
