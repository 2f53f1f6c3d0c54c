// Numbers that do not fit into a double, and numbers that Boost.JSON rejects.
#include "protocol/decoder.hpp"
#include "unit/transcript.hpp"

#include <coqmp/error.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace coqmp::protocol;

BOOST_AUTO_TEST_SUITE(a_number)

BOOST_AUTO_TEST_CASE(an_exponent_of_any_size_is_read_wherever_the_input_is_cut)
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::string const zeros(50, '0');
    std::vector<std::pair<std::string, double>> const samples = {
        {"1e2147483647", infinity},
        {"1e2147483648", infinity},
        {"-1E+99999999999999999999999", -infinity},
        {"1e-2147483649", 0},
        {"-1e-99999999999", -0.0},
        {"0e99999999999", 0},
        {"0.0e99999999999", 0},
        {"1e" + zeros + "1", 10},
        {"1e+" + zeros + "99999999999", infinity},
        {"1e-" + zeros + "2", 0.01},
        {"1" + std::string(400, '0') + "e-400", 1},
        {"0." + std::string(400, '0') + "1e401", 1},
        {std::string(400, '9'), infinity},
        {"0." + std::string(4000, '1') + "e99999999999", infinity},
        {"12345678901234567890123e99999999999", infinity},
        {"0.1e1234567890123", infinity},
        {"-0.0", -0.0},
    };
    for (auto const& [text, value] : samples)
        for (std::string const& bytes :
             {R"({"return":)" + text + "}", R"({"return":[{"e1234567890123":"e1234567890123"},)" + text + "]}"})
            for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
                decoder target;
                std::string_view first = std::string_view(bytes).substr(0, cut);
                std::string_view rest = std::string_view(bytes).substr(cut);
                BOOST_TEST(describe(target.decode(first)) == "nothing");
                message const whole = target.decode(rest);
                auto const* read = std::get_if<return_message>(&whole);
                BOOST_REQUIRE_MESSAGE(read != nullptr, text << ", cut at " << cut << ": " << target.error().message());
                boost::json::value const& number = read->value.is_array() ? read->value.at(1) : read->value;
                BOOST_TEST(number.as_double() == value);
                BOOST_TEST(std::signbit(number.as_double()) == std::signbit(value));
            }
}

BOOST_AUTO_TEST_CASE(an_exponent_counts_for_the_size_of_its_message)
{
    std::string const bytes = R"({"return":1e)" + std::string(100, '9') + "}";
    transcript const too_large = {fails(coqmp::errc::message_too_large)};
    for (std::size_t limit = 1; limit < bytes.size(); ++limit) {
        BOOST_TEST(decode_whole(bytes, {limit, 10}) == too_large);
        BOOST_TEST(decode_each_byte(bytes, {limit, 10}) == too_large);
    }
    BOOST_TEST(decode_each_byte(bytes, {bytes.size(), 10}).size() == 1U);
}

// The members of the envelope that are not payloads are read differently.
BOOST_AUTO_TEST_CASE(of_any_size_may_stand_anywhere)
{
    std::string const large = "1e-99999999999";
    std::string const bytes = R"({"id":)" + large + R"(,"other":{"a":{"b":)" + large + R"(}},"return":)" + large +
                              R"(}{"event":"A","timestamp":{"seconds":)" + large + "}}";
    transcript const meaning = {"return foreign 0E0", "event A {}"};
    BOOST_TEST(decode_whole(bytes) == meaning);
    BOOST_TEST(decode_each_byte(bytes) == meaning);
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_not_json)
{
    std::string const nines(20, '9');
    for (std::string const& number : {"1e+" + nines + ".5", "1e" + nines + "e1", "1e--" + nines, "1e+-" + nines, "1ee" + nines,
                                      "e" + nines, "1e" + nines + "x", std::string("+1"), std::string("01"), std::string("1."),
                                      std::string("-"), std::string("1e"), std::string(".1")}) {
        transcript const failure = {fails(coqmp::errc::not_json)};
        std::string const bytes = R"({"return":)" + number + "}";
        BOOST_TEST(decode_whole(bytes) == failure);
        BOOST_TEST(decode_each_byte(bytes) == failure);
    }
}

BOOST_AUTO_TEST_SUITE_END()
