#include "run.hpp"

#include "commands/interpreter.hpp"
#include "commands/qom.hpp"
#include "event_loop.hpp"
#include "qemu/connection.hpp"
#include "qemu/monitor.hpp"
#include "qemu/wire_log.hpp"
#include "script.hpp"
#include "terminal/history.hpp"
#include "terminal/line_editor.hpp"
#include "terminal/screen.hpp"
#include "terminal/text.hpp"

#include <unistd.h>

#include <sstream>
#include <string>
#include <system_error>

namespace qmp_shell {

namespace {

bool somebody_sits_there(options const& how)
{
    return how.commands.empty() && how.tool == tool::none && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

coqmp::session_options behaviour(options const& how, traffic& seen, screen& shown_on)
{
    coqmp::session_options result;
    result.negotiate = !how.skip_negotiation;
    result.command_timeout = result.command_timeout.zero();  // Ctrl-C is the deadline
    result.trace = [&seen](coqmp::direction way, std::string_view message) { seen.see(way, message); };
    // A user who negotiates by hand knows that QEMU greets.
    result.log = [&shown_on, skips = how.skip_negotiation](coqmp::log_level, std::string_view sentence) {
        if (!skips || !sentence.starts_with("A greeting was ignored"))
            shown_on.note(in_one_line(sentence));
    };
    return result;
}

void greet(screen& shown_on, monitor& qemu, options const& how)
{
    std::ostringstream text;
    if (how.skip_negotiation)
        text << "Connected; nothing was negotiated: QEMU takes qmp_capabilities first";
    else
        text << "Connected to QEMU " << qemu.session().greeting().version << (how.hmp ? ", its human monitor" : "");
    std::string const leaving = qemu.ends_with_the_shell() ? "leaves and ends it" : "leaves";
    shown_on.note(in_one_line(text.str()) + ". Tab completes, :help helps, Ctrl-D " + leaving + '.');
}

/// Of the lines of a statement none makes sense alone. @param goes_on the line is not its first
void remember(history& past, line_editor& editor, interpreter const& lines, std::string const& line, bool goes_on)
{
    std::string const whole = goes_on ? lines.as_one_line() : line;
    if (!lines.expects_more()) {
        editor.forget_parts();
        if (past.add(whole))
            editor.remember(whole);
    } else if (!whole.starts_with(' ')) {
        editor.remember_part(line);
    }
}

exit_code run_interactively(event_loop& loop, screen& shown_on, monitor& qemu, interpreter& lines, history& past)
{
    line_editor editor(loop, shown_on, past, [&lines](std::string_view line) { return lines.complete(line); });
    while (!qemu.has_ended() && !lines.leaving() && loop.terminated() == 0) {
        std::string line;
        line_end const how = editor.read(lines.prompt(), [&qemu] { return qemu.has_ended(); }, line);
        bool const ended = how == line_end::end_of_input;
        if (ended && !lines.expects_more())
            break;
        if (ended)  // a second Ctrl-D leaves, and so does a terminal that has gone
            shown_on.note("given up: " + std::string(lines.opened_by()) + " was open. Ctrl-D once more leaves.");
        if (ended || how == line_end::interrupted)
            lines.forget();
        if (how != line_end::entered)
            continue;
        bool const goes_on = lines.expects_more();
        if (lines.execute(line) == exit_code::interrupted)
            editor.forget_pasted();
        remember(past, editor, lines, line, goes_on);
        if (qemu.asked_to_quit())
            qemu.await_end();
    }
    return exit_code::success;
}

/// What is to be said at the end, and with what status.
exit_code say_goodbye(screen& shown_on, monitor& qemu, exit_code so_far)
{
    bool const ended = qemu.has_ended();
    if (ended && !qemu.may_end()) {
        shown_on.complain(harmless(qemu.how_it_ended()));
        so_far = exit_code::connection;
    } else if (ended && shown_on.interactive()) {
        shown_on.note(harmless(qemu.how_it_ended()));
    }
    parting const left = qemu.leave();
    if (left.failed)
        shown_on.complain(harmless(left.words));
    else if (shown_on.interactive() && !left.words.empty())
        shown_on.note(harmless(left.words));
    return left.failed && so_far == exit_code::success ? exit_code::connection : so_far;
}

exit_code converse_through(event_loop& loop, screen& shown_on, traffic& seen, options const& how)
{
    monitor qemu(loop, shown_on, seen, connect(loop, shown_on, how, behaviour(how, seen, shown_on)));
    bool const interactive = shown_on.interactive();
    history past = interactive ? history(history::usual_file()) : history();
    interpreter lines(qemu, shown_on, seen, past, how);
    qemu.events().shown(interactive);
    exit_code result = exit_code::success;
    if (how.tool != tool::none) {
        seen.show(how.verbose);
        result = run_tool(qemu, shown_on, how);
    } else if (interactive) {
        greet(shown_on, qemu, how);
        result = run_interactively(loop, shown_on, qemu, lines, past);
    } else {
        result = run_script(qemu, shown_on, lines, how);
    }
    return say_goodbye(shown_on, qemu, result);
}

/// Lost answers are a failure.
exit_code judge_output(screen& shown_on, exit_code so_far)
{
    if (shown_on.output_error() == 0)
        return so_far;
    shown_on.complain("cannot write to standard output: " + std::generic_category().message(shown_on.output_error()));
    return so_far == exit_code::success ? exit_code::connection : so_far;
}

}  // namespace

exit_code converse(options const& how)
{
    event_loop loop;
    screen shown_on(somebody_sits_there(how));
    interruption const ends_the_line(loop, [&] {
        if (loop.terminated() == 0)
            shown_on.after_interrupt();
    });
    try {
        traffic seen(shown_on, how.logfile);
        exit_code const result = judge_output(shown_on, converse_through(loop, shown_on, seen, how));
        return loop.terminated() != 0 ? static_cast<exit_code>(128 + loop.terminated()) : result;
    } catch (connection_failed const& error) {
        shown_on.complain(harmless(error.what()));
        return exit_code::connection;
    } catch (connection_given_up const&) {
        return exit_code::interrupted;
    } catch (logfile_refused const& error) {
        shown_on.complain(harmless(error.what()));
        return exit_code::usage;
    } catch (std::system_error const& error) {
        shown_on.complain(harmless(error.what()));
        return exit_code::usage;
    }
}

}  // namespace qmp_shell
