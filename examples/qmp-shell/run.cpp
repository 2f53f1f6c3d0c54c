#include "run.hpp"

#include "commands/interpreter.hpp"
#include "commands/qom.hpp"
#include "commands/shell_context.hpp"
#include "event_loop.hpp"
#include "qemu/connection.hpp"
#include "qemu/monitor.hpp"
#include "qemu/wire_log.hpp"
#include "script.hpp"
#include "terminal/columns.hpp"
#include "terminal/history.hpp"
#include "terminal/line_editor.hpp"
#include "terminal/screen.hpp"

#include <unistd.h>

#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace qmp_shell {

namespace {

bool is_interactive(options const& options)
{
    return options.commands.empty() && options.tool == tool::none && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

coqmp::session_options session_options_for(options const& options, wire_log& log, screen& screen)
{
    coqmp::session_options result;
    result.negotiate = !options.skip_negotiation;
    result.command_timeout = result.command_timeout.zero();  // Ctrl-C is the deadline
    result.trace = [&log](coqmp::direction way, std::string_view message) { log.see(way, message); };
    // A user who negotiates by hand knows that QEMU greets.
    result.log = [&screen, skips = options.skip_negotiation](coqmp::log_level, std::string_view sentence) {
        if (!skips || !sentence.starts_with("A greeting was ignored"))
            screen.note(in_one_line(sentence));
    };
    return result;
}

void greet(shell_context& context)
{
    options const& options = context.options;
    std::ostringstream text;
    if (options.skip_negotiation)
        text << "Connected; nothing was negotiated: QEMU expects qmp_capabilities first";
    else
        text << "Connected to QEMU " << context.monitor.session().greeting().version
             << (options.hmp ? ", its human monitor" : "");
    std::string const leaving = context.monitor.ends_with_the_shell() ? "leaves and ends it" : "leaves";
    context.screen.note(in_one_line(text.str()) + ". Tab completes, :help helps, Ctrl-D " + leaving + '.');
}

/// Of the lines of a statement none makes sense alone. @param goes_on the line is not its first
void remember(history& past, recalled_lines& recalled, interpreter const& lines, std::string const& line, bool goes_on)
{
    std::string const whole = goes_on ? lines.as_one_line() : line;
    if (!lines.expects_more()) {
        recalled.forget_parts();
        if (past.add(whole))
            recalled.add(whole);
    } else if (!whole.starts_with(' ')) {
        recalled.add_part(line);
    }
}

exit_code run_interactively(shell_context& context, interpreter& lines)
{
    monitor& monitor = context.monitor;
    event_loop& loop = monitor.loop();
    recalled_lines recalled(context.history);
    line_editor editor(loop, context.screen, recalled, [&lines](std::string_view line) { return lines.complete(line); });
    while (!monitor.has_ended() && !context.leaving && loop.terminated() == 0) {
        std::string line;
        line_end const end = editor.read(lines.prompt(), [&monitor] { return monitor.has_ended(); }, line);
        bool const ended = end == line_end::end_of_input;
        if (ended && !lines.expects_more())
            break;
        if (ended)  // a second Ctrl-D leaves, and so does a terminal that has gone
            context.screen.note("given up: " + std::string(lines.opened_by()) + " was open. Ctrl-D once more leaves.");
        if (ended || end == line_end::interrupted)
            lines.forget();
        if (end != line_end::entered)
            continue;
        bool const goes_on = lines.expects_more();
        if (lines.execute(line) == exit_code::interrupted)
            editor.forget_pasted();
        remember(context.history, recalled, lines, line, goes_on);
        if (monitor.asked_to_quit())
            monitor.await_end();
    }
    return exit_code::success;
}

/// What is to be said at the end, and with what status.
exit_code say_goodbye(shell_context& context, exit_code so_far)
{
    monitor& monitor = context.monitor;
    screen& screen = context.screen;
    bool const ended = monitor.has_ended();
    if (ended && !monitor.may_end()) {
        screen.complain(harmless(monitor.how_it_ended()));
        so_far = exit_code::connection;
    } else if (ended && screen.interactive()) {
        screen.note(harmless(monitor.how_it_ended()));
    }
    leave_result const left = monitor.leave();
    if (left.failed && !left.words.empty())
        screen.complain(harmless(left.words));
    else if (screen.interactive() && !left.words.empty())
        screen.note(harmless(left.words));
    return left.failed && so_far == exit_code::success ? exit_code::connection : so_far;
}

exit_code run_connected(event_loop& loop, screen& screen, wire_log& log, options const& options)
{
    monitor monitor(loop, screen, log, connect(loop, screen, options, session_options_for(options, log, screen)));
    bool const interactive = screen.interactive();
    history past = interactive ? history(history::usual_file()) : history();
    shell_context context{monitor, screen, log, past, options};
    interpreter lines(context);
    monitor.events().shown(interactive);
    exit_code result = exit_code::success;
    if (options.tool != tool::none) {
        log.show(options.verbose);
        result = run_qom(context);
    } else if (interactive) {
        greet(context);
        result = run_interactively(context, lines);
    } else {
        result = run_script(context, lines);
    }
    return say_goodbye(context, result);
}

/// Lost answers are a failure.
exit_code judge_output(screen& screen, exit_code so_far)
{
    if (screen.output_error() == 0)
        return so_far;
    screen.complain("cannot write to standard output: " + std::generic_category().message(screen.output_error()));
    return so_far == exit_code::success ? exit_code::connection : so_far;
}

}  // namespace

exit_code run(options const& options)
{
    event_loop loop;
    screen screen(is_interactive(options));
    interruption const ends_the_line(loop, [&] {
        if (loop.terminated() == 0)
            screen.after_interrupt();
    });
    try {
        wire_log log(screen, options.logfile);
        exit_code const result = judge_output(screen, run_connected(loop, screen, log, options));
        return loop.terminated() != 0 ? static_cast<exit_code>(128 + loop.terminated()) : result;
    } catch (connection_given_up const&) {
        return exit_code::interrupted;
    } catch (connection_failed const& error) {
        screen.complain(harmless(error.what()));
        return exit_code::connection;
    } catch (std::runtime_error const& error) {
        screen.complain(harmless(error.what()));
        return exit_code::usage;
    }
}

}  // namespace qmp_shell
