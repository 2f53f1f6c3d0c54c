#include "machine/spec_check.hpp"

#include <coqmp/listener.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace coqmp::detail {

namespace {

// QEMU takes its options with one dash or two.
bool goes_to_background(std::vector<std::string> const& arguments)
{
    return std::ranges::any_of(arguments, [](std::string const& each) { return each == "-daemonize" || each == "--daemonize"; });
}

/// Which of the strings that the program receives as C strings contains a NUL and would be truncated, if any.
std::optional<std::string> text_with_nul(machine_spec const& spec)
{
    auto const is_truncated = [](std::string const& text) { return text.find('\0') != std::string::npos; };
    auto const before = [](std::string const& text) { return '"' + text.substr(0, text.find('\0')) + '"'; };
    if (is_truncated(spec.program))
        return "the program " + before(spec.program);
    if (auto const found = std::ranges::find_if(spec.arguments, is_truncated); found != spec.arguments.end())
        return "the argument " + before(*found);
    if (!spec.environment)
        return std::nullopt;
    if (auto const found = std::ranges::find_if(*spec.environment, is_truncated); found != spec.environment->end())
        return "the environment variable " + found->substr(0, found->find_first_of(std::string_view("=\0", 2)));
    return std::nullopt;
}

}  // namespace

std::optional<std::string> why_it_cannot_start(machine_spec const& spec)
{
    if (goes_to_background(spec.arguments))
        return "a machine cannot watch what goes to the background: leave out -daemonize";
    if (auto const truncated = text_with_nul(spec))
        return "cannot start a machine: " + *truncated + " holds a NUL byte, and the program would see only what is before it";
    return std::nullopt;
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
