// Errors without an id: which command they belong to, if any.
#include "unit/script.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace coqmp;
using namespace coqmp::protocol;

namespace {

constexpr std::string_view idless_error = R"({"error": {"class": "GenericError", "desc": "JSON parse error, stray input"}})";

}  // namespace

BOOST_AUTO_TEST_SUITE(an_error_without_an_id)

BOOST_AUTO_TEST_CASE(leaves_no_abandoned_command_in_the_window)
{
    dialogue_options options = test_options();
    options.in_band_window = 2;
    negotiated(options)
        .submits("bad", "bad")
        .submits("good", "good")
        .sends(R"({"execute":"bad","id":1}{"execute":"good","id":2})")
        .peer(idless_error, unattributed_error(2))
        .abandons("bad")
        .submits("third", "third")
        .submits("fourth", "fourth")
        .sends("")
        .peer(R"({"return": {}, "id": 2})", returns("good"))
        .sends(R"({"execute":"third","id":3}{"execute":"fourth","id":4})")
        .peer(R"({"return": {}, "id": 3})", returns("third"))
        .peer(R"({"return": {}, "id": 4})", returns("fourth"))
        .replay();
}

BOOST_AUTO_TEST_CASE(fails_the_only_command_on_the_wire)
{
    negotiated()
        .submits("only", "only")
        .peer(idless_error, fails("only", "GenericError", "JSON parse error, stray input"))
        .peer(R"({"return": {}, "id": 1})", unawaited_reply())
        .counts(&session_counters::unattributed_errors, 0)
        .replay();
}

BOOST_AUTO_TEST_CASE(is_not_attributed_when_nothing_is_on_the_wire)
{
    negotiated().peer(idless_error, unattributed_error(0)).counts(&session_counters::unattributed_errors, 1).replay();
}

BOOST_AUTO_TEST_CASE(is_not_attributed_when_two_commands_are_on_the_wire)
{
    negotiated()
        .submits("first", "one")
        .submits("second", "two")
        .peer(idless_error, unattributed_error(2))
        .counts(&session_counters::unattributed_errors, 1)
        .peer(R"({"return": 1, "id": 1})", returns("first", "1"))
        .peer(R"({"return": 2, "id": 2})", returns("second", "2"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_attributed_to_an_abandoned_command_that_is_alone)
{
    negotiated()
        .submits("slow", "slow")
        .abandons("slow")
        .peer(idless_error)
        .counts(&session_counters::late_replies, 1)
        .counts(&session_counters::unattributed_errors, 0)
        .replay();
}

BOOST_AUTO_TEST_CASE(may_belong_to_an_abandoned_command)
{
    negotiated()
        .submits("slow", "slow")
        .submits("next", "next")
        .abandons("slow")
        .peer(idless_error, unattributed_error(2))
        .peer(R"({"return": {}, "id": 1})")
        .peer(idless_error, fails("next", "GenericError", "JSON parse error, stray input"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_not_attributed_when_the_peer_has_passed_over_a_command)
{
    negotiated()
        .submits("abandoned", "a")
        .abandons("abandoned")
        .submits("answered", "b")
        .peer(R"({"return": {}, "id": 2})", returns("answered"))
        .submits("next", "c")
        .peer(idless_error, unattributed_error(1))
        .counts(&session_counters::unattributed_errors, 1)
        .peer(R"({"return": {}, "id": 3})", returns("next"))
        .replay();
}

BOOST_AUTO_TEST_CASE(is_attributed_again_once_each_command_that_was_passed_over_has_its_error)
{
    negotiated()
        .submits("abandoned", "a")
        .submits("answered", "b")
        .peer(idless_error, unattributed_error(2))
        .abandons("abandoned")
        .peer(R"({"return": {}, "id": 2})", returns("answered"))
        .submits("next", "c")
        .peer(idless_error, fails("next", "GenericError", "JSON parse error, stray input"))
        .replay();
}

BOOST_AUTO_TEST_CASE(never_ends_the_dialogue_however_many_come)
{
    script storm = negotiated();
    for (int count = 0; count < 10; ++count)
        storm.peer(idless_error, unattributed_error(0));
    storm.submits("status", "query-status").peer(R"({"return": {}, "id": 1})", returns("status")).replay();
}

BOOST_AUTO_TEST_SUITE_END()
