#include "commands/event_wait.hpp"

#include "terminal/text.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace json = boost::json;

namespace qmp_shell {

using namespace std::chrono_literals;

json::object as_message(coqmp::event const& what)
{
    using namespace std::chrono;
    json::object result;
    result["event"] = what.name;
    if (!what.data.empty())
        result["data"] = what.data;
    json::object& when = result["timestamp"].emplace_object();
    std::int64_t const all =
        what.timestamp ? duration_cast<microseconds>(what.timestamp->time_since_epoch()).count() : std::int64_t{-1};
    when["seconds"] = what.timestamp ? all / 1'000'000 : all;
    when["microseconds"] = what.timestamp ? all % 1'000'000 : all;
    return result;
}

namespace {

/// Reports that the expected event may have come and been dropped.
void tell_lost(screen& shown_on, std::string const& pattern, std::size_t lost)
{
    if (lost > 0)
        shown_on.complain(std::to_string(lost) + " events that match " + harmless(pattern) +
                          " were not kept, as there were too many: the one that is waited for may have been among them");
}

}  // namespace

exit_code wait_for_event(monitor& qemu, screen& shown_on, wanted_event const& what, wait_limit const& limit,
                         std::function<std::string(json::value const&)> const& as_text)
{
    bool const late = qemu.has_ended();
    bool stopped = false;
    interruption const on_interrupt(qemu.loop(), [&stopped] { stopped = true; });
    event_watch& events = qemu.events();
    std::optional<coqmp::event> found = events.take(what);
    bool const waited = !found;
    std::size_t const lost_before = waited ? events.lost(what.pattern) : 0;
    tell_lost(shown_on, what.pattern, lost_before);
    while (!found && !stopped && !qemu.has_ended() && !limit.reached()) {
        std::size_t const before = events.count();
        qemu.loop().run_until([&] { return events.count() != before || stopped || qemu.has_ended(); }, limit.left(1h));
        found = events.take(what);
    }
    if (found) {
        if (found->name == "SHUTDOWN")
            qemu.expect_end();
        // The user has just seen the event.
        bool const seen = waited && shown_on.interactive() && events.shows(found->name);
        if (!seen)
            shown_on.answer(as_text(as_message(*found)));
        return exit_code::success;
    }
    if (qemu.has_ended() && !late)
        return exit_code::connection;
    if (stopped)
        return exit_code::interrupted;
    tell_lost(shown_on, what.pattern, events.lost(what.pattern) - lost_before);
    shown_on.complain("no event " + harmless(what.pattern) + (what.members.empty() ? "" : " of that kind") + " came " +
                      (late ? "before QEMU had gone" : "within " + limit.describe()));
    return exit_code::refused;
}

}  // namespace qmp_shell
