// The user and the groups of a process: numbers that are taken as they are, without the system's database.
#include "process/account.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <vector>

using namespace coqmp;
using namespace coqmp::detail;

BOOST_AUTO_TEST_SUITE(accounts)

BOOST_AUTO_TEST_CASE(numbers_after_a_plus_sign_are_taken_as_they_are)
{
    launch_options options;
    options.user = "+12345";
    options.group = "+54321";
    options.supplementary_groups = {"+7", "+0"};
    account const found = find_account(options);
    BOOST_TEST(found.user.value() == 12345U);
    BOOST_TEST(found.group.value() == 54321U);
    std::vector<::gid_t> const groups{7, 0};
    BOOST_TEST(found.supplementary_groups.value() == groups, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_number_after_a_plus_sign_has_no_groups_of_the_database)
{
    launch_options options;
    options.user = "+0";
    BOOST_CHECK_THROW((void)find_account(options), std::runtime_error);  // it needs a group
    options.group = "+0";
    BOOST_TEST(find_account(options).supplementary_groups.value().empty());
}

BOOST_AUTO_TEST_CASE(a_plus_sign_before_anything_else_is_a_name)
{
    launch_options options;
    options.user = "+root";
    BOOST_CHECK_THROW((void)find_account(options), std::runtime_error);
    options.user = "+";
    BOOST_CHECK_THROW((void)find_account(options), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
