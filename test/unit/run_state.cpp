// Run states, and when a machine asks for its own.
#include <coqmp/run_state.hpp>

#include "supervision/run_state_record.hpp"

#include <coqmp/command_error.hpp>
#include <coqmp/event.hpp>
#include <coqmp/reply.hpp>

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>

namespace json = boost::json;
using coqmp::run_state;
using coqmp::detail::run_state_record;

namespace {

coqmp::reply answer(std::string const& state)
{
    return coqmp::reply(json::object{{"status", state}, {"running", state == "running"}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_states)

BOOST_AUTO_TEST_CASE(have_the_names_of_qemu)
{
    for (int each = 0; each <= static_cast<int>(run_state::watchdog); ++each) {
        auto const state = static_cast<run_state>(each);
        BOOST_TEST(coqmp::run_state_named(to_string(state)) == state);
    }
    BOOST_TEST(coqmp::run_state_named("io-error") == run_state::io_error);
    BOOST_TEST(coqmp::run_state_named("guest-panicked") == run_state::guest_panicked);
    BOOST_TEST(coqmp::run_state_named("watchdog") == run_state::watchdog);
    BOOST_TEST((std::ostringstream() << run_state::finish_migrate).str() == "finish-migrate");
}

BOOST_AUTO_TEST_CASE(that_are_not_known_are_unknown)
{
    BOOST_TEST(coqmp::run_state_named("dreaming") == run_state::unknown);
    BOOST_TEST(coqmp::run_state_named("") == run_state::unknown);
    BOOST_TEST(to_string(static_cast<run_state>(99)) == "unknown");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_record_of_the_run_state)

BOOST_AUTO_TEST_CASE(asks_first_and_again_after_each_change)
{
    run_state_record record;
    BOOST_TEST(record.ask());
    BOOST_TEST(!record.ask());
    record.take(answer("prelaunch"));
    BOOST_TEST(record.state() == run_state::prelaunch);
    BOOST_TEST(!record.ask());
    record.changed();
    BOOST_TEST(record.ask());
    record.take(answer("running"));
    BOOST_TEST(record.state() == run_state::running);
}

BOOST_AUTO_TEST_CASE(asks_once_more_after_changes_that_come_before_the_answer)
{
    run_state_record record;
    BOOST_TEST(record.ask());
    record.changed();
    record.changed();
    BOOST_TEST(!record.ask());
    record.take(answer("running"));
    BOOST_TEST(record.ask());
    record.take(answer("io-error"));
    BOOST_TEST(record.state() == run_state::io_error);
    BOOST_TEST(!record.ask());
}

BOOST_AUTO_TEST_CASE(does_not_know_what_qemu_does_not_say)
{
    run_state_record record;
    auto const after = [&record](coqmp::reply const& said) {
        record.changed();
        BOOST_REQUIRE(record.ask());
        record.take(answer("running"));
        record.changed();
        BOOST_REQUIRE(record.ask());
        record.take(said);
        return record.state();
    };
    BOOST_TEST(after(coqmp::reply(coqmp::command_error("CommandNotFound", "no such command"))) == run_state::unknown);
    BOOST_TEST(after(coqmp::reply(json::object())) == run_state::unknown);
    BOOST_TEST(after(coqmp::reply(json::object{{"status", 7}})) == run_state::unknown);
    BOOST_TEST(after(coqmp::reply(json::value("running"))) == run_state::unknown);
    BOOST_TEST(after(answer("dreaming")) == run_state::unknown);
}

BOOST_AUTO_TEST_CASE(does_not_repeat_a_question_that_got_no_answer)
{
    run_state_record record;
    BOOST_TEST(record.ask());
    record.no_answer();
    BOOST_TEST(record.state() == run_state::unknown);
    BOOST_TEST(!record.ask());
    record.changed();
    BOOST_TEST(record.ask());
}

BOOST_AUTO_TEST_CASE(knows_the_states_that_pass_without_an_event)
{
    for (int each = 0; each <= static_cast<int>(run_state::watchdog); ++each) {
        auto const state = static_cast<run_state>(each);
        run_state_record record;
        BOOST_REQUIRE(record.ask());
        record.take(answer(std::string(to_string(state))));
        bool const passes = state == run_state::finish_migrate || state == run_state::save_vm || state == run_state::restore_vm;
        BOOST_TEST(record.is_passing() == passes);
    }
}

// QEMU 7.2 may hang if it is asked while it ends.
BOOST_AUTO_TEST_CASE(wants_the_events_that_may_mean_a_change_and_none_that_may_mean_the_end)
{
    auto const filter = run_state_record::filter();
    auto const named = [](std::string name) {
        coqmp::event result;
        result.name = std::move(name);
        return result;
    };
    for (char const* const name : {"STOP", "RESUME", "RESET", "SUSPEND", "WAKEUP", "MIGRATION"})
        BOOST_TEST(filter.accepts(named(name)), name);
    for (char const* const name :
         {"SHUTDOWN", "GUEST_PANICKED", "WATCHDOG", "SUSPEND_DISK", "BLOCK_IO_ERROR", "RTC_CHANGE", "POWERDOWN"})
        BOOST_TEST(!filter.accepts(named(name)), name);
}

BOOST_AUTO_TEST_SUITE_END()
