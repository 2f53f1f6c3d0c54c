#include "commands/interpreter.hpp"

#include "commands/job_progress.hpp"
#include "language/explain/argument_hint.hpp"
#include "language/explain/help.hpp"
#include "language/explain/similar.hpp"
#include "language/json_access.hpp"
#include "language/print.hpp"
#include "language/read/unicode.hpp"
#include "qemu/completion_values.hpp"
#include "qemu/outgoing_command.hpp"
#include "terminal/text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <variant>

namespace json = boost::json;

namespace qmp_shell {

namespace {

constexpr std::size_t longest_refusal = 2000;  ///< in characters; QEMU quotes what it was given in full
constexpr std::size_t longest_hint = 200;
constexpr std::size_t longest_typed = 4096;  ///< a longer line was not typed by hand, and gets no hint

/// Whether values could be meant that only the schema can tell apart, a name could be wrong or missing. A QEMU that is stuck is not
/// asked before an option: it may be `--oob`.
bool needs_schema(std::string_view line)
{
    bool const is_option = line.find("--oob") != std::string_view::npos || line.find("--fd") != std::string_view::npos;
    bool const has_bare_words = line.find(' ') != std::string_view::npos && !is_option && !line.starts_with(':') &&
                                line.find('#') == std::string_view::npos;
    return (line.find('=') != std::string_view::npos || has_bare_words) && !line.starts_with('{');
}

/// Whether something is named that is not there; else similar names are of no help.
bool says_not_found(coqmp::command_error const& error)
{
    constexpr std::array words{"not found", "annot find", "ailed to find", "an't find", "No such"};
    return error.class_name == "DeviceNotFound" || std::any_of(words.begin(), words.end(), [&error](char const* each) {
               return error.description.find(each) != std::string::npos;
           });
}

/// What may have been meant by an argument that QEMU does not know.
std::optional<argument_hint> hint_of(typed_command const& said, std::string const& name, coqmp::command_error const& error,
                                     monitor& qemu)
{
    if (name != said.name)  // a `getfd` before it
        return std::nullopt;
    auto const* const driver = said.arguments.if_contains("driver");
    if (is_unknown_property(error.description) && driver != nullptr && driver->is_string()) {
        auto const listed =
            qemu.look_up(coqmp::command("device-list-properties").with("typename", std::string_view(driver->get_string())));
        return listed ? hint_at_property(said, *listed, error.description) : std::nullopt;
    }
    std::string_view const property = text_in(said.arguments, "property");
    if (is_unknown_property(error.description) && !property.empty())
        return argument_hint{"property", similar_values(name, "property", property, said.arguments, qemu),
                             said.places.find("property"), std::string(property)};
    command_entry const* const entry = qemu.known().find_command(name);
    type const* const arguments = entry != nullptr ? entry->arguments : nullptr;
    std::optional<argument_hint> result = hint_at_argument(said, arguments, error.description);
    if (!result)
        result = hint_at_value(said, arguments, error.description);
    if (result && result->name == "driver" && error.description.ends_with("is not a valid device model name"))
        result->suggestions = similar_to(text_in(said.arguments, "driver"), driver_names(qemu));
    if (result && result->suggestions.empty() && says_not_found(error))
        result->suggestions = similar_values(name, result->name, result->value, said.arguments, qemu);
    return result;
}

/// Where to look for a command that is like no other, but begins as many do. @return empty: none does
std::string family_of(schema const& known, std::string const& name)
{
    std::string const family = name.substr(0, name.find('-') + 1);  // npos + 1 is 0
    std::vector<std::string> const names = known.command_names();
    bool const found = !family.empty() && std::any_of(names.begin(), names.end(),
                                                      [&family](std::string const& each) { return each.starts_with(family); });
    return found ? " (`:schema " + family + "*` lists the like)" : std::string();
}

}  // namespace

interpreter::interpreter(monitor& qemu, screen& shown_on, traffic& seen, history& past, options const& how)
    : monitor_(qemu),
      screen_(shown_on),
      traffic_(seen),
      history_(past),
      human_(qemu, shown_on),
      hmp_(how.hmp),
      verbose_(how.verbose),
      layout_(how.pretty ? layout::many_lines : layout::automatic)
{}

exit_code interpreter::execute(std::string_view line)
{
    std::string_view const text = trimmed(line);
    if (hmp_ && !text.starts_with(':') && text != "exit" && text.find('\0') == std::string_view::npos)
        return text.empty() ? exit_code::success : human_.execute(text);
    bool const typed = reader_.in_transaction() || needs_schema(trimmed(line));
    reader_.use(typed || monitor_.is_known() ? &monitor_.known() : nullptr);
    if (!expects_more()) {
        lines_.clear();
        first_wrong_ = 0;
    }
    lines_.emplace_back(line);
    printed_ = screen_.printed();
    statement said = reader_.read(line);
    if (auto const* const mistake = std::get_if<syntax_error>(&said))
        return explain(*mistake);
    if (auto const* const meta = std::get_if<meta_command>(&said))
        return execute_meta(*meta);
    auto* const command = std::get_if<typed_command>(&said);
    if (command != nullptr && first_wrong_ != 0)  // its actions succeed or fail together
        return refuse(command->name + ": not executed: line " + std::to_string(first_wrong_) + " of it was wrong");
    return command != nullptr ? execute_command(*command) : exit_code::success;
}

exit_code interpreter::execute(std::string_view line, std::string_view unit, std::size_t number)
{
    unit_ = unit;
    number_ = number;
    screen_.place(unit_ + ' ' + std::to_string(number));
    exit_code const result = execute(line);
    screen_.place({});
    return result;
}

void interpreter::hint_at_job(std::size_t begun_before)
{
    job_log const& jobs = monitor_.jobs();
    job_record const* const last = jobs.begun() == begun_before ? nullptr : jobs.find(jobs.last_begun());
    if (!screen_.interactive() || last == nullptr)
        return;
    if (last->over() && last->aborted && !last->cancelled && !last->failure)
        screen_.note("The job has failed: `:wait " + jobs.last_begun() + "` tells why");
    if (hinted_at_jobs_ || last->over())
        return;
    hinted_at_jobs_ = true;
    screen_.note("A job has begun: `:wait " + jobs.last_begun() + "` shows how far it is");
}

exit_code interpreter::execute_command(typed_command const& said)
try {
    std::size_t const begun_before = monitor_.jobs().begun();
    created_files made;
    outgoing_commands const ready = prepare(said, monitor_, made);
    monitor_.begin_command();
    for (coqmp::command const& sent : ready) {
        if (verbose_)
            screen_.note_printed(print(as_message(sent), {layout_ == layout::many_lines, screen_.colour()}));
        remember_job(monitor_, sent);
        answer const came = monitor_.ask(sent);
        if (came.error || came.reply.has_value())
            monitor_.jobs().note(sent);
        bool const last = &sent == &ready.back();
        if (!last && !came.error && came.reply.has_value())
            continue;
        if (came.error ? came.error != coqmp::errc::not_sent : came.reply.has_value())  // or the outcome is unknown
            made.keep();
        exit_code const result = show(sent.name(), came, said);
        if (result == exit_code::success)
            hint_at_job(begun_before);
        return result;
    }
    return exit_code::success;
} catch (std::runtime_error const& error) {
    return refuse(error.what());
}

/// The command that a message is about, with its id: a user who gives an id looks for it in the answer.
std::string subject_of(std::string const& name, typed_command const& said)
{
    return abbreviated(name) + (said.id ? " (id " + abbreviated(print(*said.id, {})) + ')' : std::string());
}

std::string interpreter::laid_out(json::value const& what) const
{
    bool const may_differ = layout_ == layout::automatic && screen_.interactive();
    bool const many = layout_ == layout::many_lines || (may_differ && columns_of(print(what, {})) > screen::width());
    return print(what, {many, screen_.colour()});
}

exit_code interpreter::show(std::string const& name, answer const& came, typed_command const& said)
{
    if (name == "quit" && (came.error || came.reply.has_value()))
        monitor_.ask_to_quit();
    if (came.error == coqmp::errc::disconnected) {
        if (name != "quit" && !came.left_open().empty())
            screen_.complain(subject_of(name, said) + ": " + came.left_open());
        return exit_code::connection;
    }
    if (came.cancelled()) {
        bool const sent = came.error == coqmp::errc::outcome_unknown || came.error != coqmp::errc::not_sent;
        screen_.complain(subject_of(name, said) + ": cancelled" + (sent ? "; QEMU may execute it all the same" : ""));
        return exit_code::interrupted;
    }
    if (came.error)
        return refuse(subject_of(name, said) + ": " + came.error.message());
    if (came.reply.has_error())
        return show_refusal(name, came.reply.error(), said);
    if (!said.id) {
        screen_.answer(laid_out(came.reply.value()));
        return exit_code::success;
    }
    // A user who writes QMP's own form can read it as well.
    json::object whole;
    whole["return"] = came.reply.value();
    whole["id"] = *said.id;
    screen_.answer(laid_out(whole));
    return exit_code::success;
}

exit_code interpreter::show_refusal(std::string const& name, coqmp::command_error const& error, typed_command const& said)
{
    std::ostringstream text;
    std::ostringstream said_by_qemu;
    said_by_qemu << error;
    text << subject_of(name, said) << ": " << abbreviated(said_by_qemu.str(), longest_refusal);
    std::optional<argument_hint> const hint = hint_of(said, name, error, monitor_);
    std::vector<std::string> suggestions;
    if (error.class_name == "CommandNotFound" && name == "exit")
        text << " (`exit` alone leaves the shell)";
    else if (name == "qmp_capabilities" && error.description.find("already") != std::string::npos)
        text << " (the session is negotiated: leave this line out)";
    else if (error.class_name == "CommandNotFound")
        suggestions = similar_commands(monitor_.known(), name);
    else if (hint)
        suggestions = hint->suggestions;
    bool const mistyped = hint && error.description.ends_with("' is missing");
    std::string const other = error.class_name == "CommandNotFound" ? hint_at_other_language() : std::string();
    if (error.class_name == "CommandNotFound" && other.empty() && suggestions.empty())
        text << family_of(monitor_.known(), name);
    if (!other.empty())
        text << "; " << other;
    else if (!suggestions.empty())
        text << " ("
             << (mistyped ? '`' + abbreviated(hint->name.substr(hint->name.rfind('.') + 1)) + "` is not an argument: " : "")
             << did_you_mean(suggestions) << ')';
    if (hint && hint->where)
        complain_at(hint->where->column, in_one_line(text.str()), lines_.size() - std::min(lines_.size(), hint->where->line + 1));
    else
        screen_.complain(in_one_line(text.str()));
    return exit_code::refused;
}

exit_code interpreter::refuse(std::string const& reason)
{
    screen_.complain(reason);
    return exit_code::usage;
}

std::string interpreter::hint_at_other_language()
{
    bool const typed = lines_.size() == 1 && lines_.back().size() < longest_typed;
    std::vector<std::string> const words = typed ? words_of(lines_.back()) : std::vector<std::string>();
    if (words.empty() || monitor_.known().find_command(words.front()) != nullptr)
        return {};
    std::string const& first = words.front();
    if (first == "q")  // in the human monitor `q` ends QEMU
        return "`exit` leaves the shell, `quit` ends QEMU";
    std::string const line = abbreviated(trimmed(lines_.back()), longest_hint);
    if (is_meta(first))
        return '`' + first + "` is a command of the shell: did you mean :" + line + '?';
    if (human_.knows(first))
        return '`' + first + "` is a command of the human monitor: write :hmp " + line + ", or start the shell with -H";
    return similar_commands(monitor_.known(), first).empty() ? did_you_mean(similar_meta(first)) : std::string();
}

std::string interpreter::refuse_unknown()
{
    bool const typed = lines_.size() == 1 && lines_.back().size() < longest_typed && monitor_.is_known();
    std::vector<std::string> const words = typed ? words_of(lines_.back()) : std::vector<std::string>();
    constexpr std::string_view of_names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    if (words.size() < 2 || words.front().starts_with('-') || words.front().find_first_not_of(of_names) != std::string::npos ||
        monitor_.known().find_command(words.front()) != nullptr)
        return {};
    std::string const meant = did_you_mean(similar_commands(monitor_.known(), words.front()));
    return "this QEMU has no command " + words.front() + (meant.empty() ? "" : " (" + meant + ')');
}

exit_code interpreter::explain(syntax_error const& mistake)
{
    if (std::string const hint = hint_at_other_language(); !hint.empty())
        return refuse(hint);
    if (std::string const refusal = refuse_unknown(); !refusal.empty())
        return refuse(refusal);
    bool const others_stay = reader_.in_transaction();
    if (others_stay && !screen_.interactive() && first_wrong_ == 0)
        first_wrong_ = lines_.size() - mistake.lines_back;
    bool const tells = others_stay && screen_.interactive();
    complain_at(mistake.column, mistake.message + (tells ? " (the other lines stay: write this one again, or Ctrl-C)" : ""),
                mistake.lines_back);
    return exit_code::usage;
}

void interpreter::complain_at(std::size_t column, std::string const& text, std::size_t lines_back)
{
    // Of `:page LINE` only LINE is known here, and that twice.
    std::string const line = lines_back < lines_.size() ? lines_[lines_.size() - 1 - lines_back] : std::string();
    std::string const before = line.substr(0, column);
    std::string const words = "column " + std::to_string(characters_in(before) + column - before.size() + 1) + ": ";
    bool const earlier = lines_back > 0;
    if (!screen_.interactive()) {
        if (earlier && number_ > lines_back)
            screen_.place(unit_ + ' ' + std::to_string(number_ - lines_back));
        excerpt const shown = excerpt_at(line, column);
        screen_.complain(words + text + "\n  " + shown.text + "\n  " + std::string(shown.caret, ' ') + '^');
        return;
    }
    // Below what was typed, if that stands in one line and is the last that was written.
    std::size_t const begin = columns_of(prompt());
    bool const points = begin + columns_of(line) < screen::width() && screen_.printed() == printed_ && !earlier;
    std::string const which = earlier ? "line " + std::to_string(lines_.size() - lines_back) + ", " : std::string();
    screen_.complain((points ? std::string(begin + columns_of(before), ' ') + "^\n" : which + words) + text);
}

exit_code interpreter::help(std::string_view topic)
{
    if (topic.starts_with(':'))
        return help_meta(topic.substr(1));
    if (topic == "exit") {
        std::string const what = monitor_.ends_with_the_shell() ? "leaves the shell and ends QEMU" : "leaves the shell, not QEMU";
        screen_.answer("exit " + what + ", as Ctrl-D does; the exit status is 0 unless a line failed before");
        return exit_code::success;
    }
    schema const& known = monitor_.known();
    std::string text = describe_command(known, topic, screen::width());
    if (text.empty())
        text = describe_event(known, topic, screen::width());
    if (!text.empty()) {
        screen_.answer(text);
        return exit_code::success;
    }
    if (is_meta(topic))
        return help_meta(topic);
    std::string reason = "this QEMU has no command and no event \"" + abbreviated(topic) + '"';
    for (std::string const& similar : similar_commands(known, topic))
        reason += "\n  perhaps " + similar;
    return refuse(known.empty() ? "QEMU does not tell what it knows" : reason);
}

bool interpreter::expects_more() const
{
    return reader_.in_transaction() || reader_.in_brace();
}

std::string interpreter::prompt() const
{
    if (hmp_)
        return human_.prompt();
    return reader_.in_brace() ? "  ...> " : reader_.in_transaction() ? "TRANS> " : "(QEMU) ";
}

completion interpreter::complete(std::string_view line)
{
    monitor::inquiry const questions(monitor_);
    completion found = candidates_for(line);
    if (questions.met_silence())
        screen_.note("QEMU does not answer: what only it can tell is missing");
    return found;
}

completion interpreter::candidates_for(std::string_view line)
{
    constexpr std::string_view for_the_human = ":hmp ";
    if (line.starts_with(for_the_human)) {
        completion found = human_.complete(line.substr(for_the_human.size()));
        found.begin += for_the_human.size();
        return found;
    }
    if (hmp_ && !trimmed(line).starts_with(':'))
        return human_.complete(line);
    completion found = qmp_shell::complete(line, monitor_.known(), meta_names(), reader_.in_transaction(),
                                           reader_.in_brace() ? &reader_.begun() : nullptr);
    add_live_values(found, monitor_);
    return found;
}

}  // namespace qmp_shell
