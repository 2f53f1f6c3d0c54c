#include "machine/spec_check.hpp"

#include "machine/descriptor_names.hpp"

#include <coqmp/listener.hpp>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp::detail {

namespace {

/// Which of the strings that the program or the kernel receives as C strings contains a NUL and would be truncated, if any.
std::optional<std::string> text_with_nul(machine_spec const& spec)
{
    auto const is_truncated = [](std::string const& text) { return text.find('\0') != std::string::npos; };
    auto const before = [](std::string const& text) { return '"' + text.substr(0, text.find('\0')) + '"'; };
    std::pair<char const*, std::string const*> const texts[] = {{"the program", &spec.program},
                                                                {"the working directory", &spec.working_directory},
                                                                {"the cgroup", &spec.cgroup},
                                                                {"the user", &spec.user},
                                                                {"the group", &spec.group},
                                                                {"the output file", &spec.standard_output.path()},
                                                                {"the output file", &spec.standard_error.path()}};
    for (auto const& [name, text] : texts) {
        if (is_truncated(*text))
            return name + (' ' + before(*text));
    }
    if (auto const found = std::ranges::find_if(spec.arguments, is_truncated); found != spec.arguments.end())
        return "the argument " + before(*found);
    if (auto const found = std::ranges::find_if(spec.supplementary_groups, is_truncated);
        found != spec.supplementary_groups.end())
        return "the group " + before(*found);
    if (!spec.environment)
        return std::nullopt;
    if (auto const found = std::ranges::find_if(*spec.environment, is_truncated); found != spec.environment->end())
        return "the environment variable " + found->substr(0, found->find_first_of(std::string_view("=\0", 2)));
    return std::nullopt;
}

bool is_empty_target(output_target const& target)
{
    return (target.type() == output_target::kind::descriptor && target.target().number() < 0) ||
           (target.type() == output_target::kind::lines && !target.callback());
}

/// The setting that would end the machine together with this program, if any.
std::optional<std::string> what_ends_with_us(machine_spec const& spec, endpoint const* monitor)
{
    if (monitor == nullptr || !monitor->is_unix())
        return "QEMU must be able to reconnect to the next program: start the machine with a listener on a unix socket";
    if (!monitor->path().starts_with('/'))
        return "the path of its listener must be absolute, because the next program may run in another directory";
    if (spec.parent_death_signal.value_or(0) != 0)
        return "parent_death_signal would kill it when this program ends: do not set it";
    for (output_target const* const each : {&spec.standard_output, &spec.standard_error}) {
        if (each->type() == output_target::kind::lines)
            return "its output would have no reader once this program has ended: send it to a file";
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> why_it_cannot_start(machine_spec const& spec, endpoint const* monitor)
{
    if (auto const reason = spec.outlives_us ? what_ends_with_us(spec, monitor) : std::nullopt)
        return "cannot start a machine that outlives this program: " + *reason;
    if (spec.release_when_destroyed && !spec.outlives_us)
        return "cannot start a machine that is released when it is destroyed: set machine_spec::outlives_us, too";
    if (goes_to_background(spec) && !spec.outlives_us)
        return "cannot watch a QEMU that goes to the background: leave out -daemonize, or set machine_spec::outlives_us";
    if (auto const truncated = text_with_nul(spec))
        return "cannot start a machine: " + *truncated + " holds a NUL byte, and the program would see only what is before it";
    if (auto const mismatch = why_names_do_not_match(spec))
        return "cannot start a machine: " + *mismatch;
    if (is_empty_target(spec.standard_output) || is_empty_target(spec.standard_error))
        return "cannot start a machine: its output has an empty descriptor, or an empty callback, as its target";
    if (spec.own_session && spec.share_process_group)
        return "cannot start a machine: a program in a session of its own cannot share our process group";
    return std::nullopt;
}

// QEMU takes its options with one dash or two.
bool goes_to_background(machine_spec const& spec)
{
    return std::ranges::any_of(spec.arguments,
                               [](std::string const& each) { return each == "-daemonize" || each == "--daemonize"; });
}

std::string unused_chardev_id(machine_spec const& spec)
{
    std::string id(listener::default_chardev_id);
    auto const contains_id = [&id](std::string const& argument) { return argument.find(id) != std::string::npos; };
    for (int number = 2; std::ranges::any_of(spec.arguments, contains_id); ++number)
        id = std::string(listener::default_chardev_id) + '-' + std::to_string(number);
    return id;
}

}  // namespace coqmp::detail
