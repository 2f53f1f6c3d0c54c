// Versions print as QEMU prints them.
#include <coqmp/greeting.hpp>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using coqmp::greeting;
using coqmp::version;

namespace {

struct sample
{
    std::string package;
    std::string printed;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << '\'' << what.package << '\'';
}

std::vector<sample> samples()
{
    return {
        {"Debian 1:7.2+dfsg-7", "7.2.22 (Debian 1:7.2+dfsg-7)"},
        {"", "7.2.22"},
        {" ", "7.2.22"},
        {"   ", "7.2.22"},
        {"(qemu-kvm-7.2.22)", "7.2.22 (qemu-kvm-7.2.22)"},
        {" (Debian 1:2.8)", "7.2.22 (Debian 1:2.8)"},
        {" Debian", "7.2.22 (Debian)"},
        {"v7.2.0-rc1-dirty", "7.2.22 (v7.2.0-rc1-dirty)"},
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(greeting_suite)

BOOST_DATA_TEST_CASE(a_version_prints_with_its_package_in_one_pair_of_parentheses, data::make(samples()), sample)
{
    std::ostringstream out;
    out << version{7, 2, 22, sample.package};
    BOOST_TEST(out.str() == sample.printed);
}

BOOST_AUTO_TEST_CASE(a_version_that_is_not_three_numbers_prints_as_it_came)
{
    std::ostringstream out;
    out << version{9, 0, 0, "Debian", "9.0-rc1"};
    BOOST_TEST(out.str() == "9.0-rc1 (Debian)");
}

BOOST_AUTO_TEST_CASE(versions_differ_in_each_part)
{
    version const one{7, 2, 22, "a"};
    BOOST_TEST((one == version{7, 2, 22, "a"}));
    BOOST_TEST((one != version{8, 2, 22, "a"}));
    BOOST_TEST((one != version{7, 3, 22, "a"}));
    BOOST_TEST((one != version{7, 2, 23, "a"}));
    BOOST_TEST((one != version{7, 2, 22, "b"}));
    BOOST_TEST((one != version{7, 2, 22, "a", "b"}));
}

BOOST_AUTO_TEST_CASE(a_greeting_offers_exactly_its_capabilities)
{
    greeting const hello{{7, 2, 22, ""}, {"oob", "future"}};
    BOOST_TEST(hello.offers("oob"));
    BOOST_TEST(hello.offers("future"));
    BOOST_TEST(!hello.offers("OOB"));
    BOOST_TEST(!hello.offers("oo"));
    BOOST_TEST(!hello.offers(""));
    BOOST_TEST(!greeting().offers("oob"));
}

BOOST_AUTO_TEST_SUITE_END()
