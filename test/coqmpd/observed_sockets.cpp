// The machines that a pattern in `observe` stands for.
#include "machines/observed_sockets.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace coqmpd;

namespace {

machine_set parse(std::string const& observed)
{
    return parse_machines({{"vms", "vms.toml", "observe = '" + observed + "'"}});
}

/// The names of the machines of a pattern.
std::string expanded(std::string const& observed, std::vector<std::string> const& sockets)
{
    std::string result;
    machine_set const set = expand_patterns(parse(observed), "/run/coqmp", [&](std::string const&) { return sockets; });
    for (auto const& [name, file] : set.machines)
        result += name + ' ';
    for (std::string const& each : set.problems)
        result += '(' + each + ')';
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(observed_sockets, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(each_socket_that_matches_is_a_machine)
{
    BOOST_TEST(expanded("/run/vms/*.qmp", {".hidden.qmp", "a.qmp", "b.sock", "c.qmp"}) == "vms.a vms.c ");
    BOOST_TEST(expanded("/run/vms/[ab]*", {"a.qmp", "b.sock", "c.qmp"}) == "vms.a.qmp vms.b.sock ");
}

BOOST_AUTO_TEST_CASE(a_socket_keeps_its_address)
{
    machine_set const set = expand_patterns(parse("/run/vms/*.qmp"), "/run/coqmp",
                                            [](std::string const&) { return std::vector<std::string>{"a.qmp"}; });
    auto const& observed = set.machines.at("vms.a").observe.value;
    BOOST_REQUIRE(observed.has_value());
    BOOST_TEST((observed->address == coqmp::endpoint::unix_socket("/run/vms/a.qmp")));
}

BOOST_AUTO_TEST_CASE(an_address_is_no_pattern)
{
    BOOST_TEST(expanded("/run/vms/a.qmp", {"a.qmp"}) == "vms ");
    BOOST_TEST(observed_directories(parse("/run/vms/a.qmp")).empty());
    BOOST_TEST(observed_directories(parse("/run/vms/*")).contains("/run/vms"));
}

BOOST_AUTO_TEST_CASE(a_socket_whose_name_cannot_be_a_machine_is_reported)
{
    std::string const found = expanded("/run/vms/*", {"a b"});
    BOOST_TEST(found.starts_with("(/run/vms/a b: not observed: "));
}

BOOST_AUTO_TEST_CASE(our_own_sockets_are_not_observed)
{
    BOOST_TEST(expanded("/run/coqmp/*.qmp", {"a.qmp"}) == "(vms.toml: observe: the daemon's own sockets cannot be observed)");
}

BOOST_AUTO_TEST_CASE(a_refused_file_keeps_its_pattern)
{
    machine_set refused = parse_machines({{"vms", "vms.toml", "broken"}});
    keep_refused_patterns(parse("/run/vms/*"), refused);
    BOOST_TEST(refused.machines.contains("vms"));
}

BOOST_AUTO_TEST_SUITE_END()
