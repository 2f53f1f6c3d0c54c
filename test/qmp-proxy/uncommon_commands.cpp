// The commands of a policy that a QEMU does not have.
#include "configuration/uncommon_commands.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace qmp_proxy;

namespace {

uncommon_commands found_in(std::string const& text)
{
    return uncommon_commands(parse_settings(text, "vm.toml").policies);
}

std::vector<std::string> warnings(std::string const& text)
{
    return found_in(text).missing_from({"query-status", "quit", "screendump", "stop"}, "QEMU 7.2.22", "vm.toml");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(uncommon_commands_of_policies)

BOOST_AUTO_TEST_CASE(a_command_that_qemu_does_not_have_is_reported_with_its_place_and_a_suggestion)
{
    std::vector<std::string> const expected{
        R"(vm.toml:3:18: policy "a": QEMU 7.2.22 has no command "screnndump": did you mean screendump?)",
        R"(vm.toml:6:10: policy "b": QEMU 7.2.22 has no command "x-unheard-of")"};
    auto const came = warnings(
        "[policy.a]\nextends = 'read-only'\nallow = ['quit', 'screnndump']\n"
        "[policy.b]\nallow = [\n         'x-unheard-of']\n");
    BOOST_TEST(came == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_command_that_another_qemu_has_is_not_reported)
{
    std::string const common = "[policy.a]\nallow = ['query-sgx', 'nbd-server-start', 'balloon']\n";
    BOOST_TEST(warnings(common).empty());
    BOOST_TEST(found_in(common).empty());
}

BOOST_AUTO_TEST_CASE(what_is_never_listed_is_not_reported)
{
    BOOST_TEST(found_in("[policy.a]\nallow = ['abort', 'qmp_capabilities', '__org.coqmp_events']\n").empty());
}

BOOST_AUTO_TEST_CASE(a_name_that_is_far_too_long_is_shortened)
{
    auto const came = warnings("[policy.a]\nallow = ['" + std::string(5000, 'x') + "']\n");
    BOOST_TEST_REQUIRE(came.size() == 1U);
    BOOST_TEST(came.front().size() < 200U);
}

BOOST_AUTO_TEST_SUITE_END()
