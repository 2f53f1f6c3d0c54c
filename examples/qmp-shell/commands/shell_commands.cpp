// The commands to the shell itself; they begin with a colon, as no command of QEMU's does.
#include "commands/interpreter.hpp"
#include "language/explain/help.hpp"
#include "language/explain/similar.hpp"
#include "language/read/wait_line.hpp"
#include "terminal/pager.hpp"
#include "terminal/text.hpp"

#include <fnmatch.h>
#include <strings.h>

#include <algorithm>
#include <sstream>
#include <system_error>

namespace qmp_shell {

namespace {

std::string usage_of(std::string_view name, std::string_view arguments)
{
    return ':' + std::string(name) + (arguments.empty() ? "" : " ") + std::string(arguments);
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

/// An event that is printed meanwhile would be lost with the pager's screen. @return whether there is a pager
bool show_paged(event_loop& loop, screen& shown_on, std::string const& text)
{
    terminal_lent const lent(shown_on);
    return page(loop, text);
}

/// What each of them is for; leaving is not the same for all ways to a QEMU.
std::string purpose_of(std::string_view name, std::string_view purpose, bool ends_qemu)
{
    return std::string(name == "quit" && ends_qemu ? "leave the shell and end QEMU (as Ctrl-D)" : purpose);
}

}  // namespace

std::vector<interpreter::meta_entry> const& interpreter::meta_entries()
{
    static std::vector<meta_entry> const all{
        {"events", "[on|off|PATTERN...]", "show events or not, or only some: JOB_* !JOB_STATUS_CHANGE",
         &interpreter::meta_events},
        {"help", "[COMMAND|EVENT|:NAME]", "this; the arguments of a command and what it returns; one of these",
         &interpreter::meta_help},
        {"history", "[COUNT]", "what was typed before", &interpreter::meta_history},
        {"hmp", "LINE", "a line for the human monitor", &interpreter::meta_hmp},
        {"page", "LINE", "execute a line and leaf through its answer with $PAGER", &interpreter::meta_page},
        {"pretty", "[on|off|auto]", "print JSON in many lines; auto: at a prompt what does not fit one line",
         &interpreter::meta_pretty},
        {"quit", "", "leave the shell, not QEMU (as Ctrl-D)", &interpreter::meta_quit},
        {"schema", "[NAME|PATTERN]", "what QEMU knows: all, a command, an event, block*", &interpreter::meta_schema},
        {"trace", "[on|off]", "show every message that travels", &interpreter::meta_trace},
        {"wait", "JOB [STATE] [--timeout SECONDS]", "show a job's progress until it ends, needs a command, or is in a state",
         &interpreter::meta_wait},
        {"wait-event", "EVENT [KEY=VALUE...] [--timeout SECONDS]",
         "wait for an event, with such data; one that came since the last command counts", &interpreter::meta_wait_event},
    };
    return all;
}

std::vector<std::string> interpreter::meta_names()
{
    std::vector<std::string> result;
    for (meta_entry const& each : meta_entries())
        result.emplace_back(each.name);
    return result;
}

bool interpreter::is_meta(std::string_view name)
{
    auto const& entries = meta_entries();
    return std::any_of(entries.begin(), entries.end(), [name](meta_entry const& each) { return each.name == name; });
}

exit_code interpreter::help_meta(std::string_view name)
{
    for (meta_entry const& each : meta_entries()) {
        if (each.name != name)
            continue;
        screen_.answer(usage_of(each.name, each.arguments) + '\n' +
                       purpose_of(each.name, each.purpose, monitor_.ends_with_the_shell()));
        return exit_code::success;
    }
    return refuse_meta(name);
}

std::vector<std::string> interpreter::similar_meta(std::string_view name)
{
    std::vector<std::string> result;
    if (is_meta(name))
        result.emplace_back(name);
    else
        result = similar_to(name, meta_names());
    for (std::string& each : result)
        each.insert(0, 1, ':');
    return result;
}

exit_code interpreter::refuse_meta(std::string_view name)
{
    std::string const meant = did_you_mean(similar_meta(name));
    return refuse("there is no :" + std::string(name) + (meant.empty() ? "; :help lists what there is" : " (" + meant + ')'));
}

exit_code interpreter::execute_meta(meta_command const& said)
{
    auto const& entries = meta_entries();
    std::string_view const name = said.name == "exit" ? "quit" : std::string_view(said.name);  // as the old shell called it
    auto const found = std::find_if(entries.begin(), entries.end(), [name](meta_entry const& each) { return each.name == name; });
    if (found == entries.end())
        return refuse_meta(said.name);
    return (this->*found->execute)(said);
}

exit_code interpreter::turn(meta_command const& said, bool& what)
{
    if (said.rest == "on" || said.rest == "off")
        what = said.rest == "on";
    else if (said.rest.empty())
        screen_.answer(":" + said.name + (what ? " on" : " off"));
    else
        return refuse(":" + said.name + " takes on or off");
    return exit_code::success;
}

exit_code interpreter::meta_events(meta_command const& said)
{
    event_watch& events = monitor_.events();
    if (said.rest.empty()) {
        screen_.answer(events.shown() ? screen::shown("events shown: " + events.choice().describe()) : "events are not shown");
        return exit_code::success;
    }
    std::vector<std::string> patterns = words_of(said.rest);
    std::vector<bool> switches;
    for (std::string const& pattern : patterns) {
        if (::strcasecmp(pattern.c_str(), "on") == 0 || ::strcasecmp(pattern.c_str(), "off") == 0)
            switches.push_back(pattern.size() == 2);
    }
    if (!switches.empty() && patterns.size() > 1)
        return refuse(":events takes on, or off, or patterns");
    if (!switches.empty())
        patterns.clear();
    bool const shown = switches.empty() || switches.front();
    for (std::string const& pattern : patterns) {
        std::string const reason = refuse_pattern(pattern.substr(pattern.starts_with('!') ? 1 : 0), monitor_.known());
        if (!reason.empty())
            return refuse(reason);
    }
    events.shown(shown);
    if (shown)
        events.choose(event_choice(patterns));
    return exit_code::success;
}

exit_code interpreter::meta_help(meta_command const& said)
{
    if (!said.rest.empty())
        return help(said.rest);
    bool const ends_qemu = monitor_.ends_with_the_shell();
    std::string text = general_help(hmp_, ends_qemu);
    for (meta_entry const& each : meta_entries()) {
        std::string line = usage_of(each.name, each.arguments);
        line.resize(std::max<std::size_t>(line.size() + 1, 31), ' ');
        text += line + purpose_of(each.name, each.purpose, ends_qemu) + '\n';
    }
    screen_.answer(text);
    return exit_code::success;
}

exit_code interpreter::meta_history(meta_command const& said)
{
    auto const& lines = history_.lines();
    std::size_t count = lines.size();
    if (!said.rest.empty()) {
        if (said.rest.find_first_not_of("0123456789") != std::string::npos || said.rest.size() > 9)
            return refuse(":history takes a number of lines");
        count = std::min<std::size_t>(count, std::stoul(said.rest));
    }
    std::string text;
    for (std::size_t index = lines.size() - count; index < lines.size(); ++index)
        text += lines[index] + '\n';
    if (!text.empty())
        screen_.answer(screen::shown(text));
    return exit_code::success;
}

exit_code interpreter::meta_hmp(meta_command const& said)
{
    return said.rest.empty() ? refuse(":hmp takes a line for the human monitor") : human_.execute(said.rest);
}

exit_code interpreter::meta_page(meta_command const& said)
try {
    if (said.rest.empty() || said.rest.starts_with(":page"))
        return refuse(":page takes a line to execute");
    if (!screen_.interactive())
        return execute(said.rest);
    std::string text;
    layout const former = std::exchange(layout_, layout::many_lines);
    screen_.collect(&text);
    exit_code const result = execute(said.rest);
    screen_.collect(nullptr);
    layout_ = former;
    if (!text.empty() && !show_paged(monitor_.loop(), screen_, text))
        screen_.answer(text);
    return result;
} catch (std::system_error const& error) {
    return refuse(error.what());
}

exit_code interpreter::meta_pretty(meta_command const& said)
{
    if (said.rest == "on")
        layout_ = layout::many_lines;
    else if (said.rest == "off")
        layout_ = layout::one_line;
    else if (said.rest == "auto")
        layout_ = layout::automatic;
    else if (!said.rest.empty())
        return refuse(":pretty takes on, off or auto");
    else
        screen_.answer(layout_ == layout::many_lines ? ":pretty on"
                       : layout_ == layout::one_line ? ":pretty off"
                                                     : ":pretty auto");
    return exit_code::success;
}

exit_code interpreter::meta_quit(meta_command const& said)
{
    if (!said.rest.empty())
        return refuse(':' + said.name + " takes no words");
    leaving_ = true;
    return exit_code::success;
}

exit_code interpreter::meta_schema(meta_command const& said)
{
    schema const& known = monitor_.known();
    if (known.empty())
        return refuse("QEMU does not tell what it knows");
    if (!said.rest.empty() && said.rest.find_first_of("*?[") == std::string::npos)
        return help(said.rest);
    std::vector<std::string> names = known.command_names();
    std::vector<std::string> events = known.event_names();
    if (said.rest.empty()) {
        std::ostringstream text;
        text << "QEMU " << monitor_.session().greeting().version << ": " << names.size() << " commands, " << events.size()
             << " events; :schema * lists them";
        screen_.answer(in_one_line(text.str()));
        return exit_code::success;
    }
    std::string text;
    names.insert(names.end(), events.begin(), events.end());
    for (std::string const& name : names) {
        if (::fnmatch(said.rest.c_str(), name.c_str(), FNM_CASEFOLD) == 0)
            text += name + '\n';
    }
    if (text.empty())
        return refuse("nothing matches " + said.rest);
    screen_.answer(text);
    return exit_code::success;
}

exit_code interpreter::meta_trace(meta_command const& said)
{
    bool shown = traffic_.shown();
    exit_code const result = turn(said, shown);
    traffic_.show(shown);
    return result;
}

}  // namespace qmp_shell
