#include "commands/event_wait.hpp"

#include "language/print.hpp"
#include "terminal/text.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace json = boost::json;

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

}  // namespace

exit_code wait_for_event(monitor& monitor, screen& screen, wanted_event const& what, wait_limit const& limit,
                         std::function<std::string(json::value const&)> const& as_text)
{
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
            screen.answer(as_text(as_message(*found)));
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

}  // namespace qmp_shell
