// What Tab lists.
#include "terminal/candidate_list.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace qmp_shell;

BOOST_AUTO_TEST_SUITE(lists_of_candidates)

BOOST_AUTO_TEST_CASE(what_all_have_in_common_is_found)
{
    BOOST_TEST(common_beginning({{"query-block", "", true}, {"query-blockstats", "", true}}) == "query-block");
    BOOST_TEST(common_beginning({{"a", "", true}, {"b", "", true}}) == "");
    BOOST_TEST(common_beginning({}) == "");
}

BOOST_AUTO_TEST_CASE(few_are_shown_with_descriptions_and_many_in_columns)
{
    std::vector<candidate> const few{{"driver=", "string", false}, {"id=", "string, optional", false}};
    BOOST_TEST(listing(few, "", 80, 24) == "driver=  string\nid=      string, optional\n");
    std::vector<candidate> many;
    for (int index = 10; index < 40; ++index)
        many.push_back({"c" + std::to_string(index), "", true});
    BOOST_TEST(listing(many, "", 80, 24).starts_with("c10  c12  c14"));
    BOOST_TEST(listing(many, "", 80, 3) == "");  // too many
    BOOST_TEST(whole_listing(many, "", 80) == listing(many, "", 80, 24));
}

BOOST_AUTO_TEST_CASE(of_paths_only_the_last_part_is_shown)
{
    BOOST_TEST(listing({{"/machine/a", "", false}, {"/machine/b", "", false}}, "/machine/", 80, 24) == "a  b\n");
}

BOOST_AUTO_TEST_SUITE_END()
