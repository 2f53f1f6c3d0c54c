// Names that resemble a mistyped one.
#include <coqmp/similar_names.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using coqmp::did_you_mean;
using coqmp::similar_names;

BOOST_AUTO_TEST_SUITE(similar_names_suite)

BOOST_AUTO_TEST_CASE(a_mistyped_name_resembles_the_right_one)
{
    std::vector<std::string> const names{"qcow", "qcow2", "raw", "host_device", "null-co"};
    BOOST_TEST(did_you_mean(similar_names("qcow3", names)) == "did you mean qcow or qcow2?");
    BOOST_TEST(did_you_mean(similar_names("qocw2", names)) == "did you mean qcow2 or qcow?");
    BOOST_TEST(did_you_mean(similar_names("host", names)) == "did you mean host_device?");
    BOOST_TEST(did_you_mean(similar_names("rw", names)) == "did you mean raw?");
    BOOST_TEST(did_you_mean(similar_names("RAW", names)) == "did you mean raw?");
    BOOST_TEST(did_you_mean(similar_names("nothing", names)).empty());
    BOOST_TEST(did_you_mean(similar_names("", names)).empty());
}

BOOST_AUTO_TEST_CASE(an_existing_name_is_not_suggested_for_itself)
{
    BOOST_TEST(did_you_mean(similar_names("qcow2", {"qcow", "qcow2"})) == "did you mean qcow?");
}

BOOST_AUTO_TEST_CASE(at_most_five_names_are_suggested)
{
    std::vector<std::string> const names{"name1", "name2", "name3", "name4", "name5", "name6"};
    BOOST_TEST(similar_names("name", names).size() == 5U);
    BOOST_TEST(did_you_mean({"a", "b", "c"}) == "did you mean a, b or c?");
}

BOOST_AUTO_TEST_CASE(what_is_too_long_to_be_a_name_resembles_nothing)
{
    std::string const text(1'000'000, 'x');
    BOOST_TEST(similar_names(text, {"x", text + 'x'}).empty());
    BOOST_TEST(similar_names("x", {text}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
