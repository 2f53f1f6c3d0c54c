#include "commands/shell_commands.hpp"

#include "commands/event_wait.hpp"
#include "commands/job_wait.hpp"
#include "language/explain/help.hpp"
#include "language/read/unicode.hpp"
#include "language/read/wait_line.hpp"
#include "language/words.hpp"
#include "terminal/pager.hpp"

#include <coqmp/similar_names.hpp>

#include <strings.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <system_error>
#include <utility>

namespace qmp_shell {

namespace {

constexpr std::string_view no_schema = "QEMU did not provide its schema";

std::string usage_of(shell_command const& command)
{
    return ':' + std::string(command.name) + (command.usage.empty() ? "" : " ") + std::string(command.usage);
}

/// Leaving is not the same for all ways to connect to a QEMU.
std::string_view purpose_of(shell_command const& command, shell_context const& context)
{
    bool const ends_qemu = command.name == "quit" && context.monitor.ends_with_the_shell();
    return ends_qemu ? "leave the shell and end QEMU (as Ctrl-D)" : command.purpose;
}

constexpr std::string_view help_for_qmp =
    "command key=value a.b.c=value  execute a command of QEMU's; key:=JSON for a value exactly as it is\n"
    "size=10G                       K, M, G, T, P, E are powers of 1,024, as in 300MiB and 1.5G; 0x10 is hexadecimal\n"
    "command {\"key\": value, ...}    all arguments as one object\n"
    "{\"execute\": \"command\"}         the same in QMP's own words\n"
    "transaction( A ; B )           several actions at once, in one line or one to a line\n"
    "--oob, --fd NAME=PATH          before a command's name or after: out of band; with an open file (--fd:ro)\n"
    "help COMMAND                   its arguments and what it returns; Tab completes all of them\n";

/// How to leave, and what becomes of QEMU then.
constexpr std::string_view leaving_qmp =
    "exit                           leaves the shell, not QEMU, as Ctrl-D does; quit ends QEMU\n";
constexpr std::string_view leaving_qmp_wrapped =
    "exit                           leaves the shell and ends QEMU, as Ctrl-D does, and quit\n";

constexpr std::string_view help_for_the_human_monitor =
    "command arguments              a line for QEMU's human monitor, as you would type it there\n"
    "help [COMMAND], info           what it says of itself; Tab completes commands and their arguments\n"
    "cpu [NUMBER]                   the CPU that later lines are about\n";

constexpr std::string_view leaving_the_human_monitor =
    "quit                           ends QEMU; Ctrl-D, exit and :quit leave the shell\n";
constexpr std::string_view leaving_the_human_monitor_wrapped =
    "quit                           ends QEMU; Ctrl-D, exit and :quit leave the shell and end it, too\n";

std::string general_help(bool hmp, bool ends_qemu)
{
    std::string_view const said = hmp ? help_for_the_human_monitor : help_for_qmp;
    std::string_view const usual = hmp ? leaving_the_human_monitor : leaving_qmp;
    std::string_view const wrapped = hmp ? leaving_the_human_monitor_wrapped : leaving_qmp_wrapped;
    return std::string(said) + std::string(ends_qemu ? wrapped : usual);
}

exit_code refuse_unknown(shell_context& context, std::string_view name)
{
    return context.diagnostics.refuse("there is no :" + std::string(name) +
                                      suggestion(similar_shell_commands(name), "; :help lists the shell's commands"));
}

exit_code describe_shell_command(shell_context& context, std::string_view name)
{
    shell_command const* const found = find_shell_command(name);
    if (found == nullptr)
        return refuse_unknown(context, name);
    context.screen.answer(usage_of(*found) + '\n' + std::string(purpose_of(*found, context)));
    return exit_code::success;
}

/// Of a command of QEMU's or of the shell's, or an event.
exit_code describe(shell_context& context, std::string_view topic)
{
    if (topic.starts_with(':'))
        return describe_shell_command(context, topic.substr(1));
    if (topic == "exit") {
        bool const ends_qemu = context.monitor.ends_with_the_shell();
        std::string const what = ends_qemu ? "leaves the shell and ends QEMU" : "leaves the shell, not QEMU";
        context.screen.answer("exit " + what + ", as Ctrl-D does; the exit status is 0 unless a line failed before");
        return exit_code::success;
    }
    coqmp::schema const& known = context.monitor.known();
    std::string text = describe_command(known, topic, screen::width());
    if (text.empty())
        text = describe_event(known, topic, screen::width());
    if (!text.empty()) {
        context.screen.answer(text);
        return exit_code::success;
    }
    if (find_shell_command(topic) != nullptr)
        return describe_shell_command(context, topic);
    std::string reason = "this QEMU has no command and no event \"" + abbreviated(topic) + '"';
    for (std::string const& similar : similar_commands(known, topic))
        reason += "\n  perhaps " + similar;
    return context.diagnostics.refuse(known.empty() ? std::string(no_schema) : reason);
}

exit_code events(shell_context& context, meta_command const& typed)
{
    event_watch& events = context.monitor.events();
    if (typed.rest.empty()) {
        context.screen.answer(events.shown() ? screen::shown("events shown: " + events.choice().describe())
                                             : "events are not shown");
        return exit_code::success;
    }
    std::vector<std::string> patterns = words_of(typed.rest);
    std::vector<bool> switches;
    for (std::string const& pattern : patterns) {
        if (::strcasecmp(pattern.c_str(), "on") == 0 || ::strcasecmp(pattern.c_str(), "off") == 0)
            switches.push_back(pattern.size() == 2);
    }
    if (!switches.empty() && patterns.size() > 1)
        return context.diagnostics.refuse(":events takes on, or off, or patterns");
    if (!switches.empty())
        patterns.clear();
    bool const shown = switches.empty() || switches.front();
    for (std::string const& pattern : patterns) {
        std::string const reason = refuse_pattern(pattern.substr(pattern.starts_with('!') ? 1 : 0), context.monitor.known());
        if (!reason.empty())
            return context.diagnostics.refuse(reason);
    }
    events.shown(shown);
    if (shown)
        events.choose(event_choice(patterns));
    return exit_code::success;
}

exit_code help(shell_context& context, meta_command const& typed)
{
    if (!typed.rest.empty())
        return describe(context, typed.rest);
    std::string text = general_help(context.options.hmp, context.monitor.ends_with_the_shell());
    for (shell_command const& each : shell_commands()) {
        std::string line = usage_of(each);
        line.resize(std::max<std::size_t>(line.size() + 1, 31), ' ');
        text.append(line).append(purpose_of(each, context)) += '\n';
    }
    context.screen.answer(text);
    return exit_code::success;
}

exit_code history_lines(shell_context& context, meta_command const& typed)
{
    auto const& lines = context.history.lines();
    std::size_t count = lines.size();
    if (!typed.rest.empty()) {
        if (typed.rest.find_first_not_of("0123456789") != std::string::npos || typed.rest.size() > 9)
            return context.diagnostics.refuse(":history takes a number of lines");
        count = std::min<std::size_t>(count, std::stoul(typed.rest));
    }
    std::string text;
    for (std::size_t index = lines.size() - count; index < lines.size(); ++index)
        text += lines[index] + '\n';
    if (!text.empty())
        context.screen.answer(screen::shown(text));
    return exit_code::success;
}

exit_code hmp_line(shell_context& context, meta_command const& typed)
{
    return typed.rest.empty() ? context.diagnostics.refuse(":hmp takes a line for the human monitor")
                              : context.hmp.execute(typed.rest);
}

exit_code page(shell_context& context, meta_command const& typed)
try {
    if (typed.rest.empty() || typed.rest.starts_with(":page"))
        return context.diagnostics.refuse(":page takes a line to execute");
    if (!context.screen.interactive())
        return context.execute(typed.rest);
    std::string text;
    layout const former = std::exchange(context.layout, layout::many_lines);
    context.screen.collect(&text);
    exit_code const result = context.execute(typed.rest);
    context.screen.collect(nullptr);
    context.layout = former;
    bool shown = text.empty();
    if (!shown) {
        terminal_lent const lent(context.screen);  // an event that is printed meanwhile would be lost with the pager's screen
        shown = page(context.monitor.loop(), text);
    }
    if (!shown)
        context.screen.answer(text);
    return result;
} catch (std::system_error const& error) {
    return context.diagnostics.refuse(error.what());
}

exit_code pretty(shell_context& context, meta_command const& typed)
{
    constexpr std::array<std::pair<std::string_view, layout>, 3> words{
        {{"on", layout::many_lines}, {"off", layout::one_line}, {"auto", layout::automatic}}};
    for (auto const& [word, meaning] : words) {
        if (typed.rest.empty() && context.layout == meaning)
            context.screen.answer(":pretty " + std::string(word));
        else if (typed.rest == word)
            context.layout = meaning;
        else
            continue;
        return exit_code::success;
    }
    return context.diagnostics.refuse(":pretty takes on, off or auto");
}

exit_code quit(shell_context& context, meta_command const& typed)
{
    if (!typed.rest.empty())
        return context.diagnostics.refuse(':' + typed.name + " takes no arguments");
    context.leaving = true;
    return exit_code::success;
}

exit_code schema_names(shell_context& context, meta_command const& typed)
{
    coqmp::schema const& known = context.monitor.known();
    if (known.empty())
        return context.diagnostics.refuse(std::string(no_schema));
    if (!typed.rest.empty() && typed.rest.find_first_of("*?[") == std::string::npos)
        return describe(context, typed.rest);
    std::vector<std::string> names = known.command_names();
    std::vector<std::string> events = known.event_names();
    if (typed.rest.empty()) {
        std::ostringstream text;
        text << "QEMU " << context.monitor.session().greeting().version << ": " << names.size() << " commands, " << events.size()
             << " events; :schema * lists them";
        context.screen.answer(in_one_line(text.str()));
        return exit_code::success;
    }
    std::string text;
    names.insert(names.end(), events.begin(), events.end());
    for (std::string const& name : names) {
        if (matches(typed.rest, name))
            text += name + '\n';
    }
    if (text.empty())
        return context.diagnostics.refuse("nothing matches " + typed.rest);
    context.screen.answer(text);
    return exit_code::success;
}

exit_code trace(shell_context& context, meta_command const& typed)
{
    if (typed.rest.empty())
        context.screen.answer(context.log.shown() ? ":trace on" : ":trace off");
    else if (typed.rest != "on" && typed.rest != "off")
        return context.diagnostics.refuse(":trace takes on or off");
    else
        context.log.show(typed.rest == "on");
    return exit_code::success;
}

}  // namespace

std::span<shell_command const> shell_commands()
{
    static constexpr std::array<shell_command, 11> all{{
        {"events", "[on|off|PATTERN...]", "show events or not, or only some: JOB_* !JOB_STATUS_CHANGE", events},
        {"help", "[COMMAND|EVENT|:NAME]", "this; the arguments of a command and what it returns; one of these", help},
        {"history", "[COUNT]", "what was typed before", history_lines},
        {"hmp", "LINE", "a line for the human monitor", hmp_line},
        {"page", "LINE", "execute a line and leaf through its answer with $PAGER", page},
        {"pretty", "[on|off|auto]", "print JSON in many lines; auto: at a prompt what does not fit one line", pretty},
        {"quit", "", "leave the shell, not QEMU (as Ctrl-D)", quit},
        {"schema", "[NAME|PATTERN]", "what QEMU knows: all, a command, an event, block*", schema_names},
        {"trace", "[on|off]", "show every message that travels", trace},
        {"wait", "JOB [STATE] [--timeout SECONDS]", "show a job's progress until it ends, needs a command, or is in a state",
         wait_for_job},
        {"wait-event", "EVENT [KEY=VALUE...] [--timeout SECONDS]",
         "wait for an event, with such data; one that came since the last command counts", wait_for_event},
    }};
    return all;
}

std::vector<std::string> shell_command_names()
{
    std::vector<std::string> result;
    for (shell_command const& each : shell_commands())
        result.emplace_back(each.name);
    return result;
}

shell_command const* find_shell_command(std::string_view name)
{
    auto const all = shell_commands();
    auto const found = std::ranges::find(all, name, &shell_command::name);
    return found != all.end() ? &*found : nullptr;
}

std::vector<std::string> similar_shell_commands(std::string_view name)
{
    std::vector<std::string> result;
    if (find_shell_command(name) != nullptr)
        result.emplace_back(name);
    else
        result = coqmp::similar_names(name, shell_command_names());
    for (std::string& each : result)
        each.insert(0, 1, ':');
    return result;
}

exit_code run_shell_command(shell_context& context, meta_command const& typed)
{
    shell_command const* const found = find_shell_command(typed.name == "exit" ? "quit" : typed.name);  // the old shell's name
    return found != nullptr ? found->run(context, typed) : refuse_unknown(context, typed.name);
}

}  // namespace qmp_shell
