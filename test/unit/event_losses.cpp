// Which events a slow client of a proxy loses, and when it is told.
#include "proxy/event_losses.hpp"

#include "protocol/server_message.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <random>

using coqmp::proxy::event_losses;
using coqmp::proxy::lost_event;
using decision = event_losses::decision;

namespace coqmp::proxy {
namespace {

std::ostream& operator<<(std::ostream& out, decision const& what)
{
    return out << (what.is_sent ? "sent" : "lost") << ", " << what.lost_before << " lost before";
}

}  // namespace
}  // namespace coqmp::proxy

namespace {

constexpr decision sent{true, 0};
constexpr decision lost{false, 0};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_client_loses)

BOOST_AUTO_TEST_CASE(nothing_while_less_than_the_limit_waits)
{
    event_losses losses(1000);
    for (std::size_t const waiting : {0U, 1U, 500U, 999U})
        BOOST_TEST(losses.offer(waiting) == sent);
    BOOST_TEST(losses.total() == 0U);
}

BOOST_AUTO_TEST_CASE(the_new_event_at_the_limit)
{
    event_losses losses(1000);
    BOOST_TEST(losses.offer(1000) == lost);
    BOOST_TEST(losses.offer(50'000) == lost);
    BOOST_TEST(losses.unreported() == 2U);
}

BOOST_AUTO_TEST_CASE(events_until_half_of_the_limit_is_free_and_is_told_before_the_next)
{
    event_losses losses(1000);
    BOOST_TEST(losses.offer(1000) == lost);
    BOOST_TEST(losses.offer(999) == lost);
    BOOST_TEST(losses.offer(501) == lost);
    BOOST_TEST(losses.offer(500) == (decision{true, 3}));
    BOOST_TEST(losses.unreported() == 0U);
    BOOST_TEST(losses.offer(999) == sent);
    BOOST_TEST(losses.offer(1000) == lost);
    BOOST_TEST(losses.offer(0) == (decision{true, 1}));
    BOOST_TEST(losses.total() == 4U);
}

BOOST_AUTO_TEST_CASE(everything_without_room)
{
    event_losses losses(0);
    BOOST_TEST(losses.offer(0) == lost);
    BOOST_TEST(losses.offer(0) == (decision{true, 1}));
    BOOST_TEST(losses.offer(1) == lost);
    BOOST_TEST(losses.offer(1) == lost);
}

BOOST_AUTO_TEST_CASE(only_what_is_counted)
{
    std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in each run
    event_losses losses(1000);
    std::uint64_t offered = 0;
    std::uint64_t received = 0;
    std::uint64_t reported = 0;
    std::size_t waiting = 0;
    for (int step = 0; step < 100'000; ++step) {
        if (random() % 2 == 0)
            waiting -= random() % (waiting + 1);
        ++offered;
        auto const next = losses.offer(waiting);
        reported += next.lost_before;
        if (next.is_sent) {
            ++received;
            waiting += random() % 700;
        }
        BOOST_REQUIRE(waiting < 1700U);
        BOOST_REQUIRE(received + reported + losses.unreported() == offered);
    }
    BOOST_TEST(reported > 100U);
    BOOST_TEST(losses.total() == reported + losses.unreported());
}

BOOST_AUTO_TEST_CASE(events_and_is_told_in_an_event)
{
    using namespace std::chrono_literals;
    auto const when = std::chrono::system_clock::time_point(1'700'000'000s + 250ms);
    BOOST_TEST(coqmp::protocol::event_text(lost_event(3, when)) ==
               "{\"timestamp\": {\"seconds\": 1700000000, \"microseconds\": 250000}, \"event\": \"__org.coqmp_EVENTS_LOST\", "
               "\"data\": {\"count\": 3}}\r\n");
    BOOST_TEST(!lost_event(1, std::nullopt).timestamp.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
