// The names of states and reasons, for programs.
#include "daemon/hooks/state_names.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace coqmp_daemon;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;

BOOST_AUTO_TEST_SUITE(state_names, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_name_is_one_word)
{
    BOOST_TEST(state_name(lifecycle::defined) == "defined");
    BOOST_TEST(state_name(lifecycle::backing_off) == "backing-off");
    BOOST_TEST(reason_name(lifecycle_reason::guest_shutdown) == "guest-shutdown");
    BOOST_TEST(reason_name(lifecycle_reason::other) == "other");
    BOOST_TEST(reason_name(lifecycle_reason::none).empty());
}

BOOST_AUTO_TEST_CASE(each_reason_has_a_name_of_its_own)
{
    std::set<std::string> names;
    int const last = static_cast<int>(lifecycle_reason::other);
    for (int number = 0; number <= last; ++number) {
        std::string const name(reason_name(static_cast<lifecycle_reason>(number)));
        BOOST_TEST(std::ranges::all_of(name, [](char c) { return c == '-' || (c >= 'a' && c <= 'z'); }), name);
        BOOST_TEST(names.insert(name).second, name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
