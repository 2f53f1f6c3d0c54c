#include "commands/refusal.hpp"

#include "commands/shell_commands.hpp"
#include "language/explain/argument_hint.hpp"
#include "language/explain/help.hpp"
#include "language/members.hpp"
#include "language/print.hpp"
#include "language/read/unicode.hpp"
#include "language/words.hpp"
#include "qemu/completion_values.hpp"

#include <coqmp/similar_names.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

namespace qmp_shell {

namespace {

constexpr std::size_t longest_refusal = 2000;  ///< in characters; QEMU quotes what it was given in full
constexpr std::size_t longest_hint = 200;

/// Whether something is named that is not there; else similar names are of no help.
bool says_not_found(coqmp::command_error const& error)
{
    constexpr std::array words{"not found", "annot find", "ailed to find", "an't find", "No such"};
    return error.class_name == "DeviceNotFound" || std::any_of(words.begin(), words.end(), [&error](char const* each) {
               return error.description.find(each) != std::string::npos;
           });
}

/// What may have been meant by an argument that QEMU does not know.
std::optional<argument_hint> hint_of(typed_command const& typed, std::string const& name, coqmp::command_error const& error,
                                     monitor& monitor)
{
    if (name != typed.name)  // a `getfd` before it
        return std::nullopt;
    auto const* const driver = typed.arguments.if_contains("driver");
    if (is_unknown_property(error.description) && driver != nullptr && driver->is_string()) {
        auto const listed =
            monitor.look_up(coqmp::command("device-list-properties").with("typename", std::string_view(driver->get_string())));
        return listed ? hint_at_property(typed, *listed, error.description) : std::nullopt;
    }
    std::string_view const property = text_in(typed.arguments, "property");
    if (is_unknown_property(error.description) && !property.empty())
        return argument_hint{"property", similar_values(name, "property", property, typed.arguments, monitor),
                             typed.places.find("property"), std::string(property)};
    auto const entry = monitor.known().find_command(name);
    coqmp::schema_type const arguments = entry ? entry->arguments() : coqmp::schema_type();
    std::optional<argument_hint> result = hint_at_argument(typed, arguments, error.description);
    if (!result)
        result = hint_at_value(typed, arguments, error.description);
    if (result && result->name == "driver" && error.description.ends_with("is not a valid device model name"))
        result->suggestions = coqmp::similar_names(text_in(typed.arguments, "driver"), driver_names(monitor));
    if (result && result->suggestions.empty() && says_not_found(error))
        result->suggestions = similar_values(name, result->name, result->value, typed.arguments, monitor);
    return result;
}

/// Where to look for a command that is like no other, but begins as many do. @return empty: none does
std::string family_of(coqmp::schema const& known, std::string const& name)
{
    std::string const family = name.substr(0, name.find('-') + 1);  // npos + 1 is 0
    std::vector<std::string> const names = known.command_names();
    bool const found = !family.empty() && std::any_of(names.begin(), names.end(),
                                                      [&family](std::string const& each) { return each.starts_with(family); });
    return found ? " (`:schema " + family + "*` lists the like)" : std::string();
}

}  // namespace

std::string subject_of(std::string const& name, typed_command const& typed)
{
    return abbreviated(name) + (typed.id ? " (id " + abbreviated(print(*typed.id, {})) + ')' : std::string());
}

exit_code show_refusal(shell_context& context, std::string const& name, coqmp::command_error const& error,
                       typed_command const& typed)
{
    std::ostringstream text;
    std::ostringstream said_by_qemu;
    said_by_qemu << error;
    text << subject_of(name, typed) << ": " << abbreviated(said_by_qemu.str(), longest_refusal);
    std::optional<argument_hint> const hint = hint_of(typed, name, error, context.monitor);
    std::vector<std::string> suggestions;
    if (error.class_name == "CommandNotFound" && name == "exit")
        text << " (`exit` alone leaves the shell)";
    else if (name == "qmp_capabilities" && error.description.find("already") != std::string::npos)
        text << " (the session is negotiated: leave this line out)";
    else if (error.class_name == "CommandNotFound")
        suggestions = similar_commands(context.monitor.known(), name);
    else if (hint)
        suggestions = hint->suggestions;
    bool const mistyped = hint && error.description.ends_with("' is missing");
    std::string const other = error.class_name == "CommandNotFound" ? hint_at_other_language(context) : std::string();
    if (error.class_name == "CommandNotFound" && other.empty() && suggestions.empty())
        text << family_of(context.monitor.known(), name);
    if (!other.empty())
        text << "; " << other;
    else if (!suggestions.empty())
        text << " ("
             << (mistyped ? '`' + abbreviated(hint->name.substr(hint->name.rfind('.') + 1)) + "` is not an argument: " : "")
             << coqmp::did_you_mean(suggestions) << ')';
    std::size_t const lines = context.diagnostics.lines().size();
    if (hint && hint->where)
        context.diagnostics.point_at(hint->where->column, in_one_line(text.str()),
                                     lines - std::min(lines, hint->where->line + 1));
    else
        context.screen.complain(in_one_line(text.str()));
    return exit_code::refused;
}

std::string hint_at_other_language(shell_context& context)
{
    std::vector<std::string> const words = context.diagnostics.typed_words();
    if (words.empty() || context.monitor.known().has_command(words.front()))
        return {};
    std::string const& first = words.front();
    if (first == "q")  // in the human monitor `q` ends QEMU
        return "`exit` leaves the shell, `quit` ends QEMU";
    std::string const line = abbreviated(trimmed(context.diagnostics.lines().back()), longest_hint);
    if (find_shell_command(first) != nullptr)
        return '`' + first + "` is a command of the shell: did you mean :" + line + '?';
    if (context.hmp.knows(first))
        return '`' + first + "` is a command of the human monitor: write :hmp " + line + ", or start the shell with -H";
    return similar_commands(context.monitor.known(), first).empty() ? coqmp::did_you_mean(similar_shell_commands(first))
                                                                    : std::string();
}

std::string refuse_unknown_command(shell_context& context)
{
    std::vector<std::string> const words = context.diagnostics.typed_words();
    constexpr std::string_view of_names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    if (words.size() < 2 || !context.monitor.is_known() || words.front().starts_with('-') ||
        words.front().find_first_not_of(of_names) != std::string::npos || context.monitor.known().has_command(words.front()))
        return {};
    return "this QEMU has no command " + words.front() + suggestion(similar_commands(context.monitor.known(), words.front()));
}

}  // namespace qmp_shell
