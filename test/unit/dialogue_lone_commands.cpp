// Commands that are sent without an id because nothing else is on the wire: which reply is theirs.
#include "unit/script.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>

using namespace coqmp;
using namespace coqmp::protocol;

namespace {

constexpr std::string_view idless_reply = R"({"return": {}})";
constexpr std::string_view idless_error = R"({"error": {"class": "GenericError", "desc": "no"}})";

script proxied()
{
    return negotiated().omits_lone_ids();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_lone_command)

BOOST_AUTO_TEST_CASE(is_sent_without_an_id)
{
    proxied()
        .submits("first", "first")
        .sends(R"({"execute":"first"})")
        .peer(idless_reply, returns("first"))
        .submits("second", "second")
        .sends(R"({"execute":"second"})")
        .peer(idless_error, fails("second", "GenericError", "no"))
        .submits("third", "third")
        .sends(R"({"execute":"third"})")
        .replay();
}

BOOST_AUTO_TEST_CASE(has_its_id_unless_ids_may_be_left_out)
{
    negotiated().submits("first", "first").sends_command("first", 1).peer(idless_reply, unawaited_reply()).replay();
}

BOOST_AUTO_TEST_CASE(gives_ids_to_those_that_follow_before_its_reply)
{
    proxied()
        .submits("lone", "lone")
        .submits("next", "next")
        .submits("last", "last")
        .sends(R"({"execute":"lone"}{"execute":"next","id":1}{"execute":"last","id":2})")
        .peer(idless_reply, returns("lone"))
        .submits("more", "more")
        .sends_command("more", 3)
        .peer(R"({"return": {}, "id": 1})", returns("next"))
        .peer(R"({"return": {}, "id": 2})", returns("last"))
        .peer(R"({"return": {}, "id": 3})", returns("more"))
        .replay();
}

BOOST_AUTO_TEST_CASE(gets_an_error_without_an_id_although_others_are_on_the_wire)
{
    proxied()
        .submits("lone", "lone")
        .submits("next", "next")
        .peer(idless_error, fails("lone", "GenericError", "no"))
        .peer(idless_reply, unawaited_reply())
        .peer(R"({"return": {}, "id": 1})", returns("next"))
        .replay();
}

BOOST_AUTO_TEST_CASE(may_be_out_of_band)
{
    proxied()
        .submits("urgent", command("urgent").out_of_band())
        .submits("slow", "slow")
        .sends(R"({"exec-oob":"urgent"}{"execute":"slow","id":1})")
        .peer(R"({"return": {}, "id": 1})", returns("slow"))
        .peer(idless_reply, returns("urgent"))
        .replay();
}

BOOST_AUTO_TEST_CASE(that_was_abandoned_still_takes_its_reply)
{
    proxied()
        .submits("given up", "slow")
        .sends(R"({"execute":"slow"})")
        .abandons("given up")
        .submits("next", "next")
        .sends_command("next", 1)
        .peer(idless_reply)
        .counts(&session_counters::late_replies, 1)
        .peer(R"({"return": {}, "id": 1})", returns("next"))
        .submits("last", "last")
        .sends(R"({"execute":"last"})")
        .replay();
}

BOOST_AUTO_TEST_CASE(does_not_take_the_reply_that_an_overtaken_command_is_owed)
{
    proxied()
        .submits("given up", "slow")
        .submits("next", "next")
        .sends(R"({"execute":"slow"}{"execute":"next","id":1})")
        .abandons("given up")
        .peer(R"({"return": {}, "id": 1})", returns("next"))
        .submits("last", "last")
        .sends_command("last", 2)
        .peer(idless_reply, unawaited_reply())
        .peer(R"({"return": {}, "id": 2})", returns("last"))
        .replay();
}

BOOST_AUTO_TEST_CASE(gets_no_reply_with_the_id_0)
{
    proxied()
        .submits("lone", "lone")
        .peer(R"({"return": {}, "id": 0})", unawaited_reply())
        .peer(idless_reply, returns("lone"))
        .replay();
}

BOOST_AUTO_TEST_SUITE_END()
