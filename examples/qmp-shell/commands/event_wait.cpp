#include "commands/event_wait.hpp"

#include "commands/wait_limit.hpp"
#include "language/print.hpp"
#include "language/read/unicode.hpp"
#include "language/read/wait_line.hpp"

#include <chrono>
#include <optional>

namespace qmp_shell {

using namespace std::chrono_literals;

namespace {

/// Reports that the expected event may have come and been dropped.
void report_lost(screen& screen, std::string const& pattern, std::size_t lost)
{
    if (lost > 0)
        screen.complain(std::to_string(lost) + " events that match " + harmless(pattern) +
                        " were dropped because too many came: the awaited one may have been among them");
}

/// Waits for the next event of that kind, and shows it as an answer. One that came since the last command was sent counts, once.
exit_code wait_for_event(shell_context& context, wanted_event const& what, wait_limit const& limit)
{
    monitor& monitor = context.monitor;
    screen& screen = context.screen;
    bool const late = monitor.has_ended();
    bool stopped = false;
    interruption const on_interrupt(monitor.loop(), [&stopped] { stopped = true; });
    event_watch& events = monitor.events();
    std::optional<coqmp::event> found = events.take(what);
    bool const waited = !found;
    std::size_t const lost_before = waited ? events.lost(what.pattern) : 0;
    report_lost(screen, what.pattern, lost_before);
    while (!found && !stopped && !monitor.has_ended() && !limit.reached()) {
        std::size_t const before = events.count();
        monitor.loop().run_until([&] { return events.count() != before || stopped || monitor.has_ended(); }, limit.left(1h));
        found = events.take(what);
    }
    if (found) {
        if (found->name == "SHUTDOWN")
            monitor.expect_end();
        // The user has just seen the event.
        bool const seen = waited && screen.interactive() && events.shows(found->name);
        if (!seen)
            screen.answer(context.format(as_message(*found)));
        return exit_code::success;
    }
    if (monitor.has_ended() && !late)
        return exit_code::connection;
    if (stopped)
        return exit_code::interrupted;
    report_lost(screen, what.pattern, events.lost(what.pattern) - lost_before);
    screen.complain("no event " + harmless(what.pattern) + (what.members.empty() ? "" : " of that kind") + " came " +
                    (late ? "before QEMU closed the connection" : "within " + limit.describe()));
    return exit_code::refused;
}

}  // namespace

exit_code wait_for_event(shell_context& context, meta_command const& typed)
try {
    auto const [words, limit] = read_wait_line(typed.rest);
    if (words.empty())
        return context.diagnostics.refuse(
            ":wait-event takes an event and, optionally, values that its data must have: :wait-event DEVICE_DELETED device=net0");
    wait_limit const until(limit);  // the schema may have to be asked for
    return wait_for_event(context, read_wanted_event(words, context.monitor.known()), until);
} catch (mistake const& wrong) {
    return context.diagnostics.point_at(wrong, typed.rest_column);
}

}  // namespace qmp_shell
