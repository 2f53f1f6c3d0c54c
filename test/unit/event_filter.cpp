// Which events pass a filter.
#include <coqmp/event_filter.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using coqmp::event;
using coqmp::event_filter;

namespace {

event named(std::string name)
{
    event result;
    result.name = std::move(name);
    return result;
}

event with_data(char const* text)
{
    event result = named("A");
    result.data = json::parse(text).as_object();
    return result;
}

struct pair
{
    json::value wanted;
    json::value found;
    bool passes;
};

std::ostream& operator<<(std::ostream& out, pair const& what)
{
    return out << what.wanted << " and " << what.found;
}

constexpr std::int64_t above_2_53 = 9007199254740993;

std::vector<pair> pairs()
{
    return {
        {1, 1, true},
        {1, std::uint64_t{1}, true},
        {std::uint64_t{1}, 1, true},
        {1, 1.0, true},
        {1.0, 1, true},
        {1.0, std::uint64_t{1}, true},
        {std::uint64_t{1}, 1.0, true},
        {1.5, 1.5, true},
        {-1, -1.0, true},
        {0, -0.0, true},
        {1, 2, false},
        {1, 1.5, false},
        {1.5, 1, false},
        {-1, UINT64_MAX, false},
        {UINT64_MAX, -1, false},
        {UINT64_MAX, UINT64_MAX, true},
        {UINT64_MAX, 0x1p64, false},
        {0x1p64, UINT64_MAX, false},
        {INT64_MAX, 0x1p63, false},
        {INT64_MIN, -0x1p63, true},
        {std::uint64_t{1} << 63, 0x1p63, true},
        {above_2_53, static_cast<double>(above_2_53), false},
        {above_2_53, above_2_53, true},
        {-1.0, std::uint64_t{5}, false},
        {1e300, 5, false},
        {-1e300, 5, false},
        {1, true, false},
        {0, false, false},
        {1, "1", false},
        {1.0, "1", false},
        {0, nullptr, false},
        {"a", "a", true},
        {"a", "A", false},
        {"a", "ab", false},
        {"", "", true},
        {"", nullptr, false},
        {true, true, true},
        {true, false, false},
        {nullptr, nullptr, true},
        {nullptr, false, false},
        {json::array{1, 2}, json::array{1.0, std::uint64_t{2}}, true},
        {json::array{1, 2}, json::array{2, 1}, false},
        {json::array{1, 2}, json::array{1}, false},
        {json::array{1}, json::array{1, 2}, false},
        {json::array(), json::array(), true},
        {json::array(), json::object(), false},
        {json::object{{"a", 1}, {"b", json::array{2}}}, json::object{{"b", json::array{2.0}}, {"a", 1.0}}, true},
        {json::object{{"a", 1}}, json::object{{"a", 1}, {"b", 2}}, false},
        {json::object{{"a", 1}, {"b", 2}}, json::object{{"a", 1}}, false},
        {json::object{{"a", 1}}, json::object{{"b", 1}}, false},
        {json::object{{"a", 1}}, json::object{{"a", 2}}, false},
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_filter_suite)

BOOST_AUTO_TEST_CASE(a_filter_without_demands_accepts_everything)
{
    BOOST_TEST(event_filter().accepts(named("A")));
    BOOST_TEST(event_filter().accepts(named("")));
    BOOST_TEST(event_filter(std::vector<std::string>()).accepts(named("A")));
}

BOOST_AUTO_TEST_CASE(a_name_accepts_exactly_itself)
{
    event_filter const filter("STOP");
    BOOST_TEST(filter.accepts(named("STOP")));
    BOOST_TEST(!filter.accepts(named("STO")));
    BOOST_TEST(!filter.accepts(named("STOPS")));
    BOOST_TEST(!filter.accepts(named("stop")));
    BOOST_TEST(!filter.accepts(named("")));
    BOOST_TEST(event_filter(std::string("STOP")).accepts(named("STOP")));
}

BOOST_AUTO_TEST_CASE(an_empty_name_is_a_name)
{
    BOOST_TEST(event_filter("").accepts(named("")));
    BOOST_TEST(!event_filter("").accepts(named("A")));
}

BOOST_AUTO_TEST_CASE(any_of_several_names_is_accepted)
{
    event_filter const listed({"A", "B"});
    event_filter const vector(std::vector<std::string>{"A", "B"});
    event_filter const chained = event_filter("A").also_named("B");
    event_filter added("A");
    BOOST_TEST(&added.also_named("B") == &added);
    for (event_filter const& filter : {listed, vector, chained, added}) {
        BOOST_TEST(filter.accepts(named("A")));
        BOOST_TEST(filter.accepts(named("B")));
        BOOST_TEST(!filter.accepts(named("C")));
    }
}

BOOST_DATA_TEST_CASE(values_compare_by_what_they_mean, data::make(pairs()), pair)
{
    event happened = named("A");
    happened.data["a"] = pair.found;
    BOOST_TEST(event_filter("A").with("a", pair.wanted).accepts(happened) == pair.passes);
    happened.data["a"] = pair.wanted;
    BOOST_TEST(event_filter("A").with("a", pair.found).accepts(happened) == pair.passes);
}

BOOST_AUTO_TEST_CASE(a_member_that_is_missing_does_not_pass)
{
    BOOST_TEST(!event_filter("A").with("a", nullptr).accepts(named("A")));
    BOOST_TEST(!event_filter("A").with("a", 1).accepts(with_data(R"({"b": 1})")));
}

BOOST_AUTO_TEST_CASE(members_that_were_not_named_do_not_matter)
{
    BOOST_TEST(event_filter("A").with("device", "net1").accepts(with_data(R"({"path": "/x", "device": "net1", "n": 1})")));
}

BOOST_AUTO_TEST_CASE(all_named_members_must_pass)
{
    event_filter const filter = event_filter("A").with("a", 1).with("b", "x");
    BOOST_TEST(filter.accepts(with_data(R"({"a": 1, "b": "x"})")));
    BOOST_TEST(!filter.accepts(with_data(R"({"a": 1, "b": "y"})")));
    BOOST_TEST(!filter.accepts(with_data(R"({"a": 2, "b": "x"})")));
}

BOOST_AUTO_TEST_CASE(a_member_named_twice_must_have_both_values)
{
    BOOST_TEST(!event_filter("A").with("a", 1).with("a", 2).accepts(with_data(R"({"a": 1})")));
}

BOOST_AUTO_TEST_CASE(members_and_name_must_both_pass)
{
    BOOST_TEST(!event_filter("B").with("a", 1).accepts(with_data(R"({"a": 1})")));
    BOOST_TEST(event_filter().with("a", 1).accepts(with_data(R"({"a": 1})")));
}

BOOST_AUTO_TEST_CASE(a_predicate_is_asked_last_and_decides)
{
    int asked = 0;
    event_filter const filter = event_filter("A").with("a", 1).matching([&asked](event const& candidate) {
        ++asked;
        return candidate.data.contains("b");
    });
    BOOST_TEST(!filter.accepts(named("B")));
    BOOST_TEST(!filter.accepts(with_data(R"({"a": 2, "b": 1})")));
    BOOST_TEST(asked == 0);
    BOOST_TEST(!filter.accepts(with_data(R"({"a": 1})")));
    BOOST_TEST(filter.accepts(with_data(R"({"a": 1, "b": 1})")));
    BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_CASE(a_named_filter_can_be_added_to)
{
    event_filter filter;
    BOOST_TEST(&filter.with("a", std::string("x")) == &filter);
    BOOST_TEST(&filter.matching([](event const&) { return true; }) == &filter);
    BOOST_TEST(filter.accepts(with_data(R"({"a": "x"})")));
    BOOST_TEST(!filter.accepts(with_data(R"({"a": "y"})")));
}

BOOST_AUTO_TEST_SUITE_END()
