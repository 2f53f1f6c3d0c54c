#include "commands/interpreter.hpp"

#include "commands/job_wait.hpp"
#include "commands/refusal.hpp"
#include "commands/shell_commands.hpp"
#include "language/complete/completer.hpp"
#include "language/print.hpp"
#include "language/read/unicode.hpp"
#include "language/words.hpp"
#include "qemu/completion_values.hpp"
#include "qemu/outgoing_command.hpp"

#include <boost/json/object.hpp>

#include <stdexcept>
#include <utility>
#include <variant>

namespace json = boost::json;

namespace qmp_shell {

namespace {

/// Whether values could be meant that only the schema can tell apart, a name could be wrong or missing. A QEMU that is stuck is not
/// asked before an option: it may be `--oob`.
bool needs_schema(std::string_view line)
{
    bool const is_option = line.find("--oob") != std::string_view::npos || line.find("--fd") != std::string_view::npos;
    bool const has_bare_words = line.find(' ') != std::string_view::npos && !is_option && !line.starts_with(':') &&
                                line.find('#') == std::string_view::npos;
    return (line.find('=') != std::string_view::npos || has_bare_words) && !line.starts_with('{');
}

}  // namespace

interpreter::interpreter(shell_context& context) : context_(context)
{
    context_.execute = [this](std::string_view line) { return execute(line); };
}

exit_code interpreter::execute(std::string_view line)
{
    std::string_view const text = trimmed(line);
    if (context_.options.hmp && !text.starts_with(':') && text != "exit" && text.find('\0') == std::string_view::npos)
        return text.empty() ? exit_code::success : context_.hmp.execute(text);
    bool const typed = reader_.in_transaction() || needs_schema(text);
    reader_.use(typed || context_.monitor.is_known() ? &context_.monitor.known() : nullptr);
    if (!expects_more())
        first_wrong_ = 0;
    context_.diagnostics.begin_line(line, prompt(), expects_more());
    statement read = reader_.read(line);
    if (auto const* const mistake = std::get_if<syntax_error>(&read))
        return explain(*mistake);
    if (auto const* const meta = std::get_if<meta_command>(&read))
        return run_shell_command(context_, *meta);
    auto* const command = std::get_if<typed_command>(&read);
    if (command != nullptr && first_wrong_ != 0)  // its actions succeed or fail together
        return context_.diagnostics.refuse(command->name + ": not executed, because line " + std::to_string(first_wrong_) +
                                           " of it was wrong");
    return command != nullptr ? execute_command(*command) : exit_code::success;
}

exit_code interpreter::execute(std::string_view line, std::string_view unit, std::size_t number)
{
    context_.diagnostics.number_next(unit, number);
    context_.screen.place(std::string(unit) + ' ' + std::to_string(number));
    exit_code const result = execute(line);
    context_.screen.place({});
    return result;
}

void interpreter::hint_at_job()
{
    auto const begun = context_.monitor.jobs().find(context_.monitor.begun_job());
    if (!context_.screen.interactive() || !begun)
        return;
    std::string const wait = "`:wait " + in_one_line(context_.monitor.begun_job()) + '`';
    bool const over = begun->has_been(coqmp::job_state::concluded) || begun->has_been(coqmp::job_state::null);
    if (over && !begun->end && begun->has_been(coqmp::job_state::aborting))
        context_.screen.note("The job has failed: " + wait + " shows why");
    if (hinted_at_jobs_ || over)
        return;
    hinted_at_jobs_ = true;
    context_.screen.note("A job has begun: " + wait + " shows how far it is");
}

exit_code interpreter::execute_command(typed_command const& typed)
try {
    monitor& monitor = context_.monitor;
    created_files made;
    outgoing_commands const ready = prepare(typed, monitor, made);
    monitor.begin_command();
    for (coqmp::command const& sent : ready) {
        if (context_.options.verbose)
            context_.screen.note_printed(
                print(as_message(sent), {context_.layout == layout::many_lines, context_.screen.colour()}));
        remember_job(monitor, sent);
        answer const came = monitor.ask(sent);
        if (came.error || came.reply.has_value())
            monitor.jobs().accepted(sent);
        bool const last = &sent == &ready.back();
        if (!last && !came.error && came.reply.has_value())
            continue;
        if (came.error ? came.error != coqmp::errc::not_sent : came.reply.has_value())  // or the outcome is unknown
            made.keep();
        exit_code const result = show(sent.name(), came, typed);
        if (result == exit_code::success)
            hint_at_job();
        return result;
    }
    return exit_code::success;
} catch (std::runtime_error const& error) {
    return context_.diagnostics.refuse(error.what());
}

exit_code interpreter::show(std::string const& name, answer const& came, typed_command const& typed)
{
    screen& screen = context_.screen;
    if (name == "quit" && (came.error || came.reply.has_value()))
        context_.monitor.ask_to_quit();
    if (auto const failure = came.report_error(screen, subject_of(name, typed), name == "quit"))
        return *failure;
    if (came.reply.has_error())
        return show_refusal(context_, name, came.reply.error(), typed);
    if (!typed.id) {
        screen.answer(context_.format(came.reply.value()));
        return exit_code::success;
    }
    // A user who writes QMP's own form can read it as well.
    json::object whole;
    whole["return"] = came.reply.value();
    whole["id"] = *typed.id;
    screen.answer(context_.format(whole));
    return exit_code::success;
}

exit_code interpreter::explain(syntax_error const& mistake)
{
    diagnostics& diagnostics = context_.diagnostics;
    for (auto const refuse : {hint_at_other_language, refuse_unknown_command})
        if (std::string const refusal = refuse(context_); !refusal.empty())
            return diagnostics.refuse(refusal);
    bool const others_stay = reader_.in_transaction();
    bool const can_repeat = others_stay && context_.screen.interactive();
    if (others_stay && !can_repeat && first_wrong_ == 0)
        first_wrong_ = lines() - mistake.lines_back;
    diagnostics.point_at(mistake.column,
                         mistake.message + (can_repeat ? " (the other lines stay: write this one again, or press Ctrl-C)" : ""),
                         mistake.lines_back);
    return exit_code::usage;
}

std::string interpreter::as_one_line() const
{
    bool const hidden = lines() != 0 && context_.diagnostics.lines().front().starts_with(' ');
    return (hidden ? " " : "") + reader_.as_one_line();
}

void interpreter::forget()
{
    reader_.reset();
    context_.diagnostics.forget_lines();
}

std::string interpreter::prompt() const
{
    if (context_.options.hmp)
        return context_.hmp.prompt();
    return reader_.in_brace() ? "  ...> " : reader_.in_transaction() ? "TRANS> " : "(QEMU) ";
}

completion interpreter::complete(std::string_view line)
{
    monitor::inquiry const questions(context_.monitor);
    completion found = candidates_for(line);
    if (questions.met_silence())
        context_.screen.note("QEMU does not answer: candidates that only it knows are missing");
    return found;
}

completion interpreter::candidates_for(std::string_view line)
{
    constexpr std::string_view for_hmp = ":hmp ";
    if (line.starts_with(for_hmp)) {
        completion found = context_.hmp.complete(line.substr(for_hmp.size()));
        found.begin += for_hmp.size();
        return found;
    }
    if (context_.options.hmp && !trimmed(line).starts_with(':'))
        return context_.hmp.complete(line);
    completion found = qmp_shell::complete(line, context_.monitor.known(), shell_command_names(), reader_.in_transaction(),
                                           reader_.in_brace() ? &reader_.begun() : nullptr);
    add_completion_values(found, context_.monitor);
    return found;
}

}  // namespace qmp_shell
