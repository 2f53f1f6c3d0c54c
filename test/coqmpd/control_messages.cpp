// The commands of the control socket: their schema, their arguments and their answers.
#include "control/argument_reader.hpp"
#include "control/control_policies.hpp"
#include "control/control_schema.hpp"
#include "control/machine_description.hpp"

#include <coqmp/command.hpp>
#include <coqmp/monitor_policy.hpp>
#include <coqmp/schema.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

using namespace coqmpd;
using namespace std::chrono_literals;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;

namespace {

/// The error of reading arguments; empty: there is none.
std::string refusal(char const* arguments, std::function<void(argument_reader&)> const& read)
{
    boost::json::object const object = boost::json::parse(arguments).as_object();
    argument_reader reader(object);
    try {
        read(reader);
        reader.finish();
    } catch (std::invalid_argument const& failure) {
        return failure.what();
    }
    return "";
}

void read_name(argument_reader& from)
{
    (void)from.text("name");
}

void read_timeout(argument_reader& from)
{
    (void)from.seconds("timeout");
}

coqmp::monitor_policy policy(std::string const& name)
{
    auto const all = control_policies();
    return *std::ranges::find(all, name, [](auto const& each) { return each.name(); });
}

/// What `query-commands` returns.
std::string shown(std::string const& name)
{
    std::string result;
    for (auto const& each : control_commands(policy(name)))
        result += std::string(each.as_object().at("name").as_string()) + ' ';
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policies_of_control, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_policy_shows_the_commands_that_it_allows)
{
    BOOST_TEST(shown("read-only") ==
               "qmp_capabilities query-commands query-machine query-machines query-name query-qmp-schema query-version ");
    BOOST_TEST(
        shown("operator") ==
        "machine-restart machine-start machine-stop qmp_capabilities query-commands query-machine query-machines query-name "
        "query-qmp-schema query-version ");
    BOOST_TEST(control_commands(policy("all")).size() == control_commands().size());
}

BOOST_AUTO_TEST_CASE(the_schema_of_a_policy_has_the_same_commands_and_all_types)
{
    for (char const* const each : {"read-only", "operator", "all"}) {
        coqmp::schema const schema{boost::json::value(control_schema(policy(each)))};
        BOOST_TEST(schema.command_names().size() == control_commands(policy(each)).size());
        BOOST_TEST(schema.event_names().size() == 2U);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(control_arguments, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(arguments_are_read)
{
    boost::json::object const object = boost::json::parse(R"({"name": "vm", "timeout": 90, "wait": false})").as_object();
    argument_reader reader(object);
    BOOST_TEST(reader.text("name") == "vm");
    BOOST_TEST((reader.seconds("timeout") == 90s));
    BOOST_TEST(!reader.flag("wait", true));
    BOOST_TEST(reader.flag("absent", true));
    BOOST_TEST(!reader.seconds("missing").has_value());
    BOOST_CHECK_NO_THROW(reader.finish());
}

BOOST_AUTO_TEST_CASE(a_wrong_argument_is_refused_in_qemus_words)
{
    BOOST_TEST(refusal("{}", read_name) == "Parameter 'name' is missing");
    BOOST_TEST(refusal(R"({"name": 7})", read_name) == "Invalid parameter type for 'name', expected: string");
    BOOST_TEST(refusal(R"({"name": "vm", "force": true})", read_name) == "Parameter 'force' is unexpected");
    BOOST_TEST(refusal(R"({"name": "vm"})", read_name) == "");
}

BOOST_AUTO_TEST_CASE(a_time_is_a_number_of_seconds_that_makes_sense)
{
    BOOST_TEST(refusal(R"({"timeout": 0})", read_timeout) == "");
    BOOST_TEST(refusal(R"({"timeout": "90s"})", read_timeout) == "Invalid parameter type for 'timeout', expected: integer");
    for (char const* const each : {R"({"timeout": -1})", R"({"timeout": 31536001})", R"({"timeout": 18446744073709551615})"})
        BOOST_TEST(refusal(each, read_timeout) == "Parameter 'timeout' expects a number of seconds from 0 to a year");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(control_schema_and_answers, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(the_library_reads_the_schema)
{
    coqmp::schema const schema{boost::json::value(control_schema())};
    BOOST_TEST(schema.command_names() == control_commands(), boost::test_tools::per_element());
    BOOST_TEST(schema.has_argument("machine-stop", "timeout"));
    BOOST_TEST(schema.has_event_member("MACHINE_GAVE_UP", "reason"));
    BOOST_TEST(!schema.check(coqmp::command("machine-start").with("name", "vm")).has_value());
    BOOST_TEST(schema.check(coqmp::command("machine-start")).has_value());
    BOOST_TEST(schema.check(coqmp::command("machine-stop").with("name", "vm").with("timeout", "90s")).has_value());
}

BOOST_AUTO_TEST_CASE(a_machine_is_described_for_programs_and_for_people)
{
    coqmp::machine_status status;
    status.state = lifecycle::backing_off;
    status.reason = lifecycle_reason::panicked;
    auto const now = std::chrono::steady_clock::time_point(100s);
    status.until = now + 1500ms;
    BOOST_TEST(boost::json::serialize(describe_machine("vm", status, std::nullopt, now)) ==
               R"({"name":"vm","state":"backing-off","reason":"panicked","description":"the guest panicked",)"
               R"("liveness":"gone","boot-looping":false,"dumping":false,"restart-in":2})");
    status.until = now - 1s;
    BOOST_TEST(describe_machine("vm", status, std::nullopt, now).at("restart-in").as_int64() == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_that_runs_has_a_process_and_no_reason)
{
    coqmp::machine_status status;
    status.state = lifecycle::running;
    status.health = coqmp::liveness::responsive;
    boost::json::object const found = describe_machine("vm", status, 4711, {});
    BOOST_TEST(found.at("pid").as_int64() == 4711);
    BOOST_TEST(!found.contains("reason"));
    BOOST_TEST(!found.contains("restart-in"));
}

BOOST_AUTO_TEST_SUITE_END()
