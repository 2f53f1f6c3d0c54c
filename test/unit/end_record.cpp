// Why a machine ended, from its events and its exit status.
#include "supervision/end_record.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <ostream>
#include <sstream>
#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using coqmp::end_reason;
using coqmp::exit_status;
using coqmp::machine_end;
using coqmp::detail::end_record;

namespace {

coqmp::event happened(std::string const& text)
{
    std::size_t const space = text.find(' ');
    coqmp::event result;
    result.name = text.substr(0, space);
    if (space != std::string::npos)
        result.data = boost::json::parse(text.substr(space)).as_object();
    return result;
}

struct story
{
    std::vector<std::string> events;
    exit_status status;
    end_reason reason;
};

std::ostream& operator<<(std::ostream& out, story const& what)
{
    for (std::string const& each : what.events)
        out << each << ", ";
    return out << what.status << ": " << what.reason;
}

constexpr exit_status success{0, 0};
constexpr exit_status killed{-1, SIGKILL};

char const* const powered_off = R"(SHUTDOWN {"guest":true,"reason":"guest-shutdown"})";
char const* const rebooted = R"(SHUTDOWN {"guest":true,"reason":"guest-reset"})";
char const* const panicked = R"(GUEST_PANICKED {"action":"poweroff","info":{"type":"hyper-v"}})";
char const* const after_panic = R"(SHUTDOWN {"guest":true,"reason":"guest-panic"})";
char const* const quit = R"(SHUTDOWN {"guest":false,"reason":"host-qmp-quit"})";
char const* const reset = R"(RESET {"guest":true,"reason":"guest-reset"})";
char const* const bitten = R"(WATCHDOG {"action":"poweroff"})";

story const by_itself[] = {
    // What paused the guest explains no later end (-no-shutdown; reboot=shutdown,shutdown=pause).
    {{powered_off, "STOP"}, killed, end_reason::signal},
    {{rebooted, "STOP"}, killed, end_reason::signal},
    {{panicked, after_panic, "STOP"}, killed, end_reason::signal},
    {{"STOP", powered_off}, success, end_reason::guest_shutdown},
    {{powered_off}, success, end_reason::guest_shutdown},
    {{rebooted}, success, end_reason::guest_reboot},
    {{R"(SHUTDOWN {"guest":false,"reason":"host-qmp-system-reset"})"}, success, end_reason::guest_reboot},
    {{panicked, after_panic}, success, end_reason::guest_panic},
    {{panicked, after_panic}, {1, 0}, end_reason::guest_panic},                                    // panic=exit-failure
    {{R"(GUEST_PANICKED {"action":"shutdown"})", after_panic}, success, end_reason::guest_panic},  // its word from 6.0 on
    {{panicked}, success, end_reason::guest_panic},                                                // the rest did not arrive
    {{after_panic}, success, end_reason::guest_panic},
    {{bitten}, success, end_reason::watchdog},
    {{R"(WATCHDOG {"action":"reset"})", reset}, killed, end_reason::signal},
    {{R"(WATCHDOG {"action":"shutdown"})", "POWERDOWN", powered_off}, success, end_reason::guest_shutdown},
    {{R"(WATCHDOG {"action":"pause"})", "STOP", quit}, success, end_reason::external},
    {{quit}, success, end_reason::external},
    {{R"(SHUTDOWN {"guest":false,"reason":"host-signal"})"}, success, end_reason::external},
    {{R"(SHUTDOWN {"guest":false,"reason":"host-ui"})"}, success, end_reason::external},
    {{R"(SHUTDOWN {"guest":false,"reason":"host-error"})"}, {1, 0}, end_reason::unknown},
    {{R"(SHUTDOWN {"guest":false,"reason":"a-later-word"})"}, success, end_reason::unknown},
    {{R"(SHUTDOWN {"guest":false})"}, success, end_reason::unknown},  // before QEMU 4.0
    {{R"(SHUTDOWN {"guest":true})"}, success, end_reason::guest_shutdown},
    {{"SHUTDOWN"}, success, end_reason::unknown},
    {{}, success, end_reason::unknown},
    {{}, {1, 0}, end_reason::unknown},
    {{}, {-1, 0}, end_reason::unknown},
    {{}, killed, end_reason::signal},
    {{}, {-1, SIGSEGV}, end_reason::signal},
    // What the guest survived explains nothing.
    {{R"(GUEST_PANICKED {"action":"pause"})", "STOP"}, killed, end_reason::signal},
    {{R"(GUEST_PANICKED {"action":"run"})"}, killed, end_reason::signal},
    {{R"(GUEST_PANICKED {"action":"pause"})", "STOP", quit}, success, end_reason::external},
    {{powered_off, "STOP", reset, "RESUME"}, killed, end_reason::signal},
    {{powered_off, "STOP", quit}, success, end_reason::external},
    {{rebooted, "STOP", "RESUME", powered_off}, success, end_reason::guest_shutdown},
    {{bitten, powered_off}, success, end_reason::guest_shutdown},
    // Damaged events.
    {{R"(SHUTDOWN {"guest":1,"reason":2})"}, success, end_reason::unknown},
    {{R"(GUEST_PANICKED {"action":null})", "WATCHDOG"}, killed, end_reason::signal},
};

story const requested[] = {
    {{powered_off}, success, end_reason::requested},
    {{quit}, success, end_reason::requested},
    {{rebooted}, success, end_reason::requested},
    {{}, killed, end_reason::requested},
    {{}, success, end_reason::requested},
    {{panicked, after_panic}, success, end_reason::guest_panic},
    {{bitten}, success, end_reason::watchdog},
};

machine_end end_of(end_record& record, story const& what)
{
    for (std::string const& each : what.events)
        record.take(happened(each));
    return record.end(what.status);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_end_of_a_machine)

BOOST_DATA_TEST_CASE(has_a_reason, data::make(by_itself), what)
{
    end_record record;
    record.ready();
    machine_end const end = end_of(record, what);
    BOOST_TEST(end.reason == what.reason);
    BOOST_TEST((end.status == what.status));
}

BOOST_DATA_TEST_CASE(was_requested_unless_the_guest_died_first, data::make(requested), what)
{
    end_record record;
    record.ready();
    record.requested();
    BOOST_TEST(end_of(record, what).reason == what.reason);
}

BOOST_DATA_TEST_CASE(before_it_was_ready_is_a_failed_start, data::make(by_itself), what)
{
    end_record record;
    BOOST_TEST(end_of(record, what).reason == end_reason::failed_start);
}

BOOST_AUTO_TEST_CASE(is_printed)
{
    end_record record;
    record.ready();
    std::ostringstream text;
    text << end_of(record, {{panicked, after_panic}, success, {}});
    BOOST_TEST(text.str() == "the guest panicked (guest-panic); QEMU exited with status 0");
}

BOOST_AUTO_TEST_CASE(concerns_these_events_only)
{
    for (char const* const name : {"SHUTDOWN", "GUEST_PANICKED", "WATCHDOG", "RESET", "STOP", "RESUME"})
        BOOST_TEST(end_record::filter().accepts(happened(name)), name);
    for (char const* const name : {"POWERDOWN", "GUEST_CRASHLOADED", "BLOCK_IO_ERROR"})
        BOOST_TEST(!end_record::filter().accepts(happened(name)), name);
}

BOOST_AUTO_TEST_SUITE_END()
