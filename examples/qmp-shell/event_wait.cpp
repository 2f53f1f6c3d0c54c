#include "event_wait.hpp"

#include "language/print.hpp"
#include "text.hpp"

#include <chrono>
#include <cstdint>
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

exit_code wait_for_event(monitor& qemu, screen& shown_on, wanted_event const& what, wait_limit const& limit, bool pretty)
{
    bool const late = qemu.has_ended();
    bool stopped = false;
    interruption const on_interrupt(qemu.loop(), [&stopped] { stopped = true; });
    event_watch& events = qemu.events();
    std::optional<coqmp::event> found = events.take(what);
    bool const waited = !found;
    while (!found && !stopped && !qemu.has_ended() && !limit.reached()) {
        std::size_t const before = events.count();
        qemu.loop().run_until([&] { return events.count() != before || stopped || qemu.has_ended(); }, limit.left(1h));
        found = events.take(what);
    }
    if (found) {
        if (found->name == "SHUTDOWN")
            qemu.expect_end();
        // Who sits there has just seen it come.
        bool const seen = waited && shown_on.interactive() && events.shows(found->name);
        if (!seen)
            shown_on.answer(print(as_message(*found), {pretty, shown_on.colour()}));
        return exit_code::success;
    }
    if (qemu.has_ended() && !late)
        return exit_code::connection;
    if (stopped)
        return exit_code::interrupted;
    shown_on.complain("no event " + harmless(what.pattern) + (what.members.empty() ? "" : " of that kind") + " came " +
                      (late ? "before QEMU had gone" : "within " + limit.describe()));
    return exit_code::refused;
}

}  // namespace qmp_shell
