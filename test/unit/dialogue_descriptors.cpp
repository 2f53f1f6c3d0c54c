// Descriptors: a command that carries some is alone on the wire, and they are sent with its first byte.
#include "unit/script.hpp"

#include <coqmp/error.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <string>

using namespace coqmp;
using namespace coqmp::protocol;

namespace {

descriptor open_null()
{
    return descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool is_open(int number)
{
    return ::fcntl(number, F_GETFD) != -1;
}

command carrying(char const* name, std::size_t count = 1)
{
    static descriptor const null = open_null();
    command result(name);
    for (std::size_t index = 0; index < count; ++index)
        result.with_descriptor(null);
    return result;
}

auto carries(std::size_t count)
{
    return [count](performance& now) { BOOST_TEST(now.core().output_descriptors().size() == count); };
}

std::string answer_to(int id)
{
    return R"({"return": {}, "id": )" + std::to_string(id) + "}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_command_with_descriptors)

BOOST_AUTO_TEST_CASE(gives_them_out_with_its_bytes_and_once)
{
    negotiated()
        .submits("add", carrying("add-fd", 2))
        .checks("they go along", carries(2))
        .sends_command("add-fd", 1)
        .checks("they are gone", carries(0))
        .submits("next", carrying("add-fd", 1))
        .checks("the next one's do not go yet", carries(0))
        .peer(answer_to(1), returns("add"))
        .checks("the next one's go along", carries(1))
        .sends_command("add-fd", 2)
        .peer(answer_to(2), returns("next"))
        .checks("they are gone", carries(0))
        .replay();
}

BOOST_AUTO_TEST_CASE(gives_them_out_with_its_first_bytes)
{
    performance now(test_options());
    now.hear(std::string(hello));
    now.core().sent(now.core().output().size());
    now.hear(std::string(our_answer));
    BOOST_TEST(!now.submit("add", carrying("add-fd")));
    now.core().sent(1);
    BOOST_TEST(now.core().output_descriptors().empty());
    BOOST_TEST(now.core().output() == R"("execute":"add-fd","id":1})");
    now.cut();
}

BOOST_AUTO_TEST_CASE(may_have_253_of_them_and_no_more)
{
    negotiated()
        .is_refused("too many", carrying("add-fd", 254), errc::too_many_descriptors)
        .sends("")
        .checks("none is to be sent", carries(0))
        .submits("many", carrying("add-fd", 253))
        .checks("they go along", carries(253))
        .sends_command("add-fd", 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(that_is_refused_leaves_none_behind)
{
    negotiated()
        .is_refused("bad", carrying("add-fd").with("opaque", "\xff"), errc::arguments_not_json)
        .checks("none is to be sent", carries(0))
        .submits("next", "next")
        .sends_command("next", 1)
        .replay();
}

BOOST_AUTO_TEST_CASE(owns_them_until_it_goes)
{
    int number = -1;
    {
        performance now(test_options());
        now.hear(std::string(hello));
        now.core().sent(now.core().output().size());
        now.hear(std::string(our_answer));
        {
            descriptor const mine = open_null();
            number = mine.number();
            BOOST_TEST(!now.submit("add", command("add-fd").with_descriptor(mine)));
        }
        BOOST_TEST(is_open(number));
        now.core().sent(now.core().output().size());
        BOOST_TEST(is_open(number));
        now.cut();
    }
    BOOST_TEST(!is_open(number));
}

BOOST_AUTO_TEST_CASE(that_is_abandoned_in_the_output_keeps_them_for_its_bytes)
{
    performance now(test_options());
    now.hear(std::string(hello));
    now.core().sent(now.core().output().size());
    now.hear(std::string(our_answer));
    BOOST_TEST(!now.submit("add", carrying("add-fd")));
    now.abandon("add");
    BOOST_TEST(now.core().output() == R"({"execute":"add-fd","id":1})");
    BOOST_TEST(now.core().output_descriptors().size() == 1U);
    now.core().sent(now.core().output().size());
    BOOST_TEST(now.core().output_descriptors().empty());
    now.cut();
}

BOOST_AUTO_TEST_CASE(shares_the_limits_of_the_window)
{
    auto options = test_options();
    options.in_band_window = 1;
    negotiated(options)
        .submits("add", carrying("add-fd"))
        .submits("after", "after")
        .sends_command("add-fd", 1)
        .peer(answer_to(1), returns("add"))
        .sends_command("after", 2)
        .replay();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_barrier)

BOOST_AUTO_TEST_CASE(waits_until_the_wire_is_empty)
{
    negotiated()
        .submits("first", "first")
        .submits("second", "second")
        .submits("add", carrying("add-fd"))
        .sends(R"({"execute":"first","id":1}{"execute":"second","id":2})")
        .peer(answer_to(2), returns("second"))
        .sends("")
        .peer(answer_to(1), returns("first"))
        .checks("they go along", carries(1))
        .sends_command("add-fd", 3)
        .replay();
}

BOOST_AUTO_TEST_CASE(waits_until_an_out_of_band_command_is_answered)
{
    negotiated()
        .submits("probe", command("query-yank").out_of_band())
        .submits("add", carrying("add-fd"))
        .sends(R"({"exec-oob":"query-yank","id":1})")
        .peer(answer_to(1), returns("probe"))
        .sends_command("add-fd", 2)
        .replay();
}

BOOST_AUTO_TEST_CASE(waits_until_an_abandoned_command_is_answered)
{
    negotiated()
        .submits("slow", "slow")
        .submits("add", carrying("add-fd"))
        .sends_command("slow", 1)
        .abandons("slow")
        .sends("")
        .checks("none is to be sent", carries(0))
        .peer(answer_to(1))
        .sends_command("add-fd", 2)
        .replay();
}

BOOST_AUTO_TEST_CASE(waits_until_the_output_is_sent)
{
    performance now(test_options());
    now.hear(std::string(hello) + std::string(our_answer));  // an odd peer that answers before our capabilities are sent
    BOOST_TEST(now.core().is_ready());
    BOOST_TEST(!now.submit("add", carrying("add-fd")));
    BOOST_TEST(now.core().output() == our_capabilities);
    BOOST_TEST(now.core().output_descriptors().empty());
    now.core().sent(now.core().output().size());
    BOOST_TEST(now.core().output() == R"({"execute":"add-fd","id":1})");
    BOOST_TEST(now.core().output_descriptors().size() == 1U);
    now.cut();
}

BOOST_AUTO_TEST_CASE(lets_nothing_in_band_go_until_it_is_answered)
{
    negotiated()
        .submits("add", carrying("add-fd"))
        .submits("first", "first")
        .submits("add too", carrying("add-fd"))
        .submits("second", "second")
        .submits("third", "third")
        .sends_command("add-fd", 1)
        .sends("")
        .peer(answer_to(1), returns("add"))
        .sends_command("first", 2)
        .sends("")
        .peer(answer_to(2), returns("first"))
        .checks("the second one's go along", carries(1))
        .sends_command("add-fd", 3)
        .sends("")
        .peer(answer_to(3), returns("add too"))
        .checks("none is to be sent", carries(0))
        .sends(R"({"execute":"second","id":4}{"execute":"third","id":5})")
        .replay();
}

BOOST_AUTO_TEST_CASE(is_overtaken_by_out_of_band_commands)
{
    negotiated()
        .submits("slow", "slow")
        .submits("add", carrying("add-fd"))
        .submits("probe", command("query-yank").out_of_band())
        .sends(R"({"execute":"slow","id":1}{"exec-oob":"query-yank","id":2})")
        .peer(answer_to(2), returns("probe"))
        .peer(answer_to(1), returns("slow"))
        .sends_command("add-fd", 3)
        .submits("probe", command("query-yank").out_of_band())
        .sends(R"({"exec-oob":"query-yank","id":4})")
        .peer(answer_to(4), returns("probe"))
        .peer(answer_to(3), returns("add"))
        .replay();
}

BOOST_AUTO_TEST_CASE(that_goes_with_an_error_lets_the_others_go)
{
    negotiated()
        .submits("add", carrying("add-fd"))
        .submits("next", "next")
        .sends_command("add-fd", 1)
        .peer(R"({"error": {"class": "CommandNotFound", "desc": "no add-fd"}, "id": 1})",
              fails("add", "CommandNotFound", "no add-fd"))
        .sends_command("next", 2)
        .replay();
}

BOOST_AUTO_TEST_CASE(that_is_abandoned_while_it_waits_lets_those_behind_it_go)
{
    negotiated()
        .submits("slow", "slow")
        .submits("add", carrying("add-fd"))
        .submits("first", "first")
        .submits("second", "second")
        .sends_command("slow", 1)
        .abandons("add")
        .checks("none is to be sent", carries(0))
        .sends(R"({"execute":"first","id":2}{"execute":"second","id":3})")
        .replay();
}

BOOST_AUTO_TEST_CASE(that_is_abandoned_on_the_wire_holds_until_its_late_reply)
{
    negotiated()
        .submits("add", carrying("add-fd"))
        .submits("next", "next")
        .sends_command("add-fd", 1)
        .abandons("add")
        .sends("")
        .peer(answer_to(1))
        .counts(&session_counters::late_replies, 1)
        .sends_command("next", 2)
        .replay();
}

BOOST_AUTO_TEST_CASE(that_is_out_of_band_is_not_starved_by_in_band_commands)
{
    negotiated()
        .submits("first", "first")
        .sends_command("first", 1)
        .submits("recover", carrying("migrate-recover").out_of_band())
        .submits("second", "second")
        .sends("")
        .peer(answer_to(1), returns("first"))
        .checks("they go along", carries(1))
        .sends(R"({"exec-oob":"migrate-recover","id":2})")
        .peer(answer_to(2), returns("recover"))
        .sends_command("second", 3)
        .replay();
}

BOOST_AUTO_TEST_CASE(that_is_out_of_band_and_abandoned_while_it_waits_lets_all_others_go)
{
    negotiated()
        .submits("first", "first")
        .sends_command("first", 1)
        .submits("recover", carrying("migrate-recover").out_of_band())
        .submits("probe", command("query-yank").out_of_band())
        .submits("second", "second")
        .sends("")
        .abandons("recover")
        .sends(R"({"exec-oob":"query-yank","id":2}{"execute":"second","id":3})")
        .replay();
}

BOOST_AUTO_TEST_SUITE_END()
