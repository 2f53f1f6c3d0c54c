// Values from a peer behave like any other value: their copies have memory of their own, which any thread can use and free.
#include "protocol/dialogue.hpp"
#include "support/memory.hpp"

#include <boost/test/unit_test.hpp>

#include <boost/json/array.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace coqmp;
using namespace coqmp::protocol;
namespace json = boost::json;

namespace {

event received_event()
{
    decoder from_peer;
    std::string_view input =
        R"({"event": "X", "data": {"a text that is not short": ["and another one, longer than that"], "b": 1}})";
    message received = from_peer.decode(input);
    return std::get<event>(std::move(received));
}

json::value received_value(std::string const& text)
{
    decoder from_peer;
    std::string const whole = R"({"return": )" + text + "}";
    std::string_view input = whole;
    message received = from_peer.decode(input);
    return std::move(std::get<return_message>(received).value);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_memory_of_a_message)

// Copies of a json::value use the memory resource of the original.
BOOST_AUTO_TEST_CASE(is_not_taken_for_copies_which_may_be_made_by_several_threads)
{
    event const original = received_event();
    std::atomic<int> intact = 0;  // Boost.Test supports only one thread
    auto const work = [&intact](event mine) {
        for (int round = 0; round < 2000; ++round) {
            event copy = mine;
            copy.data["mine"] = std::string(40, 'x');
            copy.data["list"] = json::array{1, 2, 3};
            mine.data["round"] = std::to_string(round) + " of two thousand rounds";
        }
        intact += mine.data.at("b") == 1 ? 1 : 0;
    };
    std::vector<std::thread> threads;
    for (int number = 0; number < 3; ++number)
        threads.emplace_back(work, original);
    for (std::thread& each : threads)
        each.join();
    BOOST_TEST(intact == 3);
    BOOST_TEST((original == received_event()));
}

BOOST_AUTO_TEST_CASE(does_not_grow_when_a_value_is_copied_or_changed)
{
    json::value kept = received_value(R"({"a text that is not short": ["and another one, longer than that"], "pad": ""})");
    std::size_t const before = test::allocated_bytes();
    for (int round = 0; round < 10'000; ++round) {
        json::value const copy = kept;
        kept.as_object()["pad"] = std::string(100, static_cast<char>('a' + round % 26));
        BOOST_REQUIRE(copy.is_object());
    }
    if (test::memory_can_be_measured)
        BOOST_TEST(test::allocated_bytes() < before + 10'000);
}

BOOST_AUTO_TEST_CASE(is_known)
{
    std::string numbers = "[0";
    for (int count = 1; count < 4'000; ++count)
        numbers += ",0";
    std::string const whole = R"({"event": "X", "data": {"numbers": )" + numbers + "]}}";
    decoder from_peer;
    std::size_t const before = test::allocated_bytes();
    std::string_view input = whole;
    message const received = from_peer.decode(input);
    BOOST_REQUIRE(std::holds_alternative<event>(received));
    std::size_t const counted = from_peer.last_message_memory();
    BOOST_TEST(counted > 4'000 * sizeof(json::value));
    if (test::memory_can_be_measured)
        BOOST_TEST(counted < (test::allocated_bytes() - before) * 11 / 10);
    input = R"({"event": "X"})";
    BOOST_TEST(std::holds_alternative<event>(from_peer.decode(input)));
    BOOST_TEST(from_peer.last_message_memory() == 0U);
}

BOOST_AUTO_TEST_CASE(lives_as_long_as_anything_of_it_however_large)
{
    std::string text = "[";
    for (int number = 0; number < 5000; ++number)
        text += R"({"number": "this is number )" + std::to_string(number) + R"( of many"},)";
    text.back() = ']';
    json::value one;
    {
        json::value all = received_value(text);
        BOOST_REQUIRE(all.as_array().size() == 5000U);
        one = std::move(all.as_array().back());
        all.as_array().emplace_back("more");
        all.as_array().erase(all.as_array().begin(), all.as_array().begin() + 100);
    }
    BOOST_TEST(one.at("number") == "this is number 4999 of many");
    one.as_object()["number"] = "another text, which is not short either";
    BOOST_TEST(one.at("number") == "another text, which is not short either");
}

BOOST_AUTO_TEST_SUITE_END()
