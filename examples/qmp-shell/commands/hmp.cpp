#include "commands/hmp.hpp"
#include "language/words.hpp"

#include "language/complete/hmp_argument.hpp"
#include "qemu/completion_values.hpp"
#include "terminal/columns.hpp"

#include <coqmp/similar_names.hpp>

#include <boost/json/string.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace json = boost::json;

namespace qmp_shell {

namespace {

bool is_quit(std::string_view line)
{
    return line == "quit" || line == "q";
}

/// The human monitor has no errors, only texts. These texts, and those that begin or end so, are errors.
bool sounds_like_an_error(std::string_view text)
{
    constexpr std::array<std::string_view, 5> beginnings{"Error: ", "unknown command: ", "Invalid parameter ",
                                                         "invalid parameter: ", "Could not open '"};
    text = trimmed(text);
    std::string_view const last = text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
    bool const usage = last.starts_with("Try \"help ") && last.ends_with("\" for more information");
    bool const too_early = text.starts_with("Command '") && text.find("' not available ") != std::string_view::npos;
    bool const missing = text.starts_with("Device '") && text.ends_with("' not found");  // of drive_del and commit
    bool const no_processor = text == "No CPU available" || (text.starts_with("CPU#") && text.ends_with(" not available"));
    return usage || too_early || missing || no_processor || last == "Cannot access memory" ||
           std::ranges::any_of(beginnings, [text](std::string_view each) { return text.starts_with(each); });
}

std::optional<std::int64_t> number_in(std::string_view text)
{
    std::int64_t result = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    return error == std::errc() && end == text.data() + text.size() && result >= 0 ? std::optional(result) : std::nullopt;
}

}  // namespace

std::vector<candidate> listed_in(std::string_view text, std::string_view before)
{
    std::vector<candidate> result;
    std::string_view begun;  // its arguments take several lines: the purpose comes in the last of them
    for (std::string_view line : parts_of(text, '\n')) {
        bool const goes_on = line.starts_with('[');
        if (!goes_on && !line.starts_with(before))
            continue;
        line.remove_prefix(goes_on ? 0 : before.size());
        std::size_t const dashes = line.find("--");
        std::string_view names = goes_on ? begun : line.substr(0, line.find_first_of(" \t\r"));
        begun = dashes == std::string_view::npos ? names : std::string_view();
        if (names.empty() || dashes == std::string_view::npos)
            continue;
        std::string const purpose = in_one_line(line.substr(dashes + 2));
        while (!names.empty()) {
            std::size_t const end = names.find('|');
            result.push_back({in_one_line(names.substr(0, end)), purpose, true});
            names.remove_prefix(end == std::string_view::npos ? names.size() : end + 1);
        }
    }
    std::sort(result.begin(), result.end(), [](candidate const& left, candidate const& right) { return left.text < right.text; });
    return result;
}

coqmp::command hmp::command_of(std::string_view line) const
{
    coqmp::command result("human-monitor-command");
    result.with("command-line", line);
    if (processor_)
        result.with("cpu-index", *processor_);
    return result;
}

exit_code hmp::execute(std::string_view line)
{
    std::vector<std::string> const words = words_of(line);
    if (!words.empty() && words.front() == "cpu")
        return choose_processor(trimmed(line.substr(line.find("cpu") + 3)));
    monitor_.begin_command();
    answer const came = monitor_.ask(command_of(line));
    if (is_quit(trimmed(line)) && (came.error || came.reply.has_value()))
        monitor_.ask_to_quit();
    exit_code const result = show(line, came);
    if (result == exit_code::success && !words.empty())
        note_job(words);
    return result;
}

void hmp::note_job(std::vector<std::string> const& words)
{
    std::string name = words.front();
    std::replace(name.begin(), name.end(), '_', '-');
    monitor_.jobs().accepted(coqmp::command(name).with("device", words.back()));
}

exit_code hmp::choose_processor(std::string_view words)
{
    if (words.empty()) {
        screen_.answer(processor_ ? "CPU " + std::to_string(*processor_)
                                  : "no CPU was chosen; QEMU takes the first, if there is one");
        return exit_code::success;
    }
    auto const number = number_in(words);
    if (!number) {
        screen_.complain("cpu takes the number of a CPU");
        return exit_code::usage;
    }
    auto const former = std::exchange(processor_, number);
    // Any command shows whether there is such a CPU.
    answer const came = monitor_.ask(command_of("info version"));
    if (!came.error && came.reply.has_value())
        return exit_code::success;
    processor_ = former;
    return show("cpu", came);
}

exit_code hmp::show(std::string_view line, answer const& came)
{
    std::string const name(line.substr(0, line.find(' ')));
    if (auto const failure = came.report_error(screen_, name, is_quit(trimmed(line))))
        return *failure;
    if (came.reply.has_error()) {
        screen_.complain(in_one_line(name + ": " + came.reply.error().description));
        return exit_code::refused;
    }
    json::value const& text = came.reply.value();
    std::string const shown = text.is_string() ? harmless(std::string_view(text.get_string())) : std::string();
    if (sounds_like_an_error(shown)) {
        std::string const hint = shown.starts_with("unknown command: ") ? hint_at_command(name) : std::string();
        screen_.complain(std::string(trimmed(shown)) + hint);
        return exit_code::refused;
    }
    if (!shown.empty())
        screen_.answer(shown);
    return exit_code::success;
}

std::string hmp::hint_at_command(std::string const& name)
{
    if (monitor_.known().has_command(name))
        return "; QMP has it: leave :hmp out, or -H";
    std::vector<std::string> names;
    for (candidate const& each : commands())
        names.push_back(each.text);
    return suggestion(coqmp::similar_names(name, names));
}

std::string hmp::prompt() const
{
    return processor_ ? "(qemu, CPU " + std::to_string(*processor_) + ") " : "(qemu) ";
}

std::vector<candidate> const& hmp::ask_once(std::vector<candidate>& known, std::string_view line, std::string_view before)
{
    auto const text = known.empty() ? monitor_.look_up(command_of(line)) : std::nullopt;
    if (text && text->is_string())
        known = listed_in(std::string_view(text->get_string()), before);
    return known;
}

bool hmp::knows(std::string_view command)
{
    auto const& all = commands();
    return std::any_of(all.begin(), all.end(), [command](candidate const& each) { return each.text == command; });
}

completion hmp::complete_argument(std::string_view line)
{
    hmp_argument const wanted = hmp_argument_at(line);
    completion result;
    result.begin = wanted.begin;
    result.prefix = line.substr(wanted.begin);
    result.candidates = completion_values(wanted.source, result.prefix, wanted.arguments, monitor_);
    // QEMU's quotes are others than ours: what needs some is typed by hand.
    std::erase_if(result.candidates,
                  [](candidate const& each) { return each.text.find_first_of(" \t\"'\\") != std::string::npos; });
    for (candidate& each : result.candidates)
        each.final = each.final && wanted.final;
    return result;
}

completion hmp::complete(std::string_view line)
{
    completion result;
    result.begin = line.find_last_of(" \t") + 1;  // npos + 1 is 0
    result.prefix = line.substr(result.begin);
    std::vector<std::string> const before = words_of(line.substr(0, result.begin));
    bool const command = before.empty() || (before.size() == 1 && (before[0] == "help" || before[0] == "?"));
    bool const subject = (before.size() == 1 && before[0] == "info") || (before.size() == 2 && before[1] == "info");
    if (!command && !subject)
        return complete_argument(line);
    for (candidate const& each : command ? commands() : subjects()) {
        if (each.text.starts_with(result.prefix))
            result.candidates.push_back(each);
    }
    return result;
}

}  // namespace qmp_shell
