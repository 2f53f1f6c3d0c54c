// The proxy's command line.
#include "configuration/options.hpp"

#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <iostream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

using namespace qmp_proxy;
using coqmp::test::contains;
using coqmp_daemon::exit_code;

namespace {

/// What a command line comes to, and what is printed.
struct outcome
{
    std::variant<options, exit_code> read;
    std::string output;
    std::string errors;

    [[nodiscard]] options const& line() const
    {
        BOOST_REQUIRE_MESSAGE(std::holds_alternative<options>(read), errors);
        return std::get<options>(read);
    }
};

outcome read(std::vector<char const*> words)
{
    words.insert(words.begin(), "qmp-proxy");
    std::ostringstream output;
    std::ostringstream errors;
    auto* const usual_output = std::cout.rdbuf(output.rdbuf());
    auto* const usual_errors = std::cerr.rdbuf(errors.rdbuf());
    auto result = read_command_line(static_cast<int>(words.size()), words.data());
    std::cout.rdbuf(usual_output);
    std::cerr.rdbuf(usual_errors);
    return {std::move(result), output.str(), errors.str()};
}

/// The message of a command line that is refused.
std::string mistake(std::vector<char const*> words)
{
    outcome const came = read(std::move(words));
    BOOST_REQUIRE(std::holds_alternative<exit_code>(came.read));
    BOOST_TEST((std::get<exit_code>(came.read) == exit_code::usage));
    return came.errors;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(command_lines)

BOOST_AUTO_TEST_CASE(a_socket_without_a_policy_has_none_of_its_own)
{
    outcome const came = read({"/run/vm", "--listen", "/run/a"});
    options const& line = came.line();
    BOOST_TEST(line.upstream->to_string() == "unix:/run/vm");
    BOOST_REQUIRE(line.listen.size() == 1U);
    BOOST_TEST(line.listen[0].address.to_string() == "unix:/run/a");
    BOOST_TEST(line.listen[0].policy.empty());
    BOOST_TEST(!line.hold);
    BOOST_TEST(!line.wraps);
}

BOOST_AUTO_TEST_CASE(a_policy_belongs_to_the_socket_before_it)
{
    outcome const came = read({"/run/vm", "--listen", "/run/a", "--listen=/run/b", "--policy=all", "--hold", "--dial", "/run/c",
                               "--policy", "backup", "--listen", "/run/d"});
    options const& line = came.line();
    BOOST_REQUIRE(line.listen.size() == 3U);
    BOOST_REQUIRE(line.dial.size() == 1U);
    BOOST_TEST(line.listen[0].policy.empty());
    BOOST_TEST(line.listen[1].policy == "all");
    BOOST_TEST(line.listen[2].policy.empty());
    BOOST_TEST(line.dial[0].address.to_string() == "unix:/run/c");
    BOOST_TEST(line.dial[0].policy == "backup");
    BOOST_TEST(line.hold);
}

BOOST_AUTO_TEST_CASE(upstream_may_come_last)
{
    outcome const came = read({"--listen", "/run/a", "--policy", "all", "tcp:localhost:4444"});
    BOOST_TEST(came.line().upstream->to_string() == "tcp:localhost:4444");
    BOOST_TEST(came.line().listen[0].policy == "all");
}

BOOST_AUTO_TEST_CASE(a_policy_without_a_socket_before_it_is_refused)
{
    std::string const error = mistake({"/run/vm", "--policy", "all", "--listen", "/run/a"});
    BOOST_TEST(contains(error, "--policy all must come after the --listen or --dial that it is for"));
    BOOST_TEST(contains(error, "Try qmp-proxy --help"));
}

BOOST_AUTO_TEST_CASE(two_policies_for_one_socket_are_refused)
{
    BOOST_TEST(contains(mistake({"/run/vm", "--listen", "/run/a", "--policy", "all", "--policy", "backup"}),
                        "unix:/run/a has two policies, all and backup"));
}

BOOST_AUTO_TEST_CASE(an_address_that_cannot_be_understood_is_refused)
{
    BOOST_TEST(contains(mistake({"tcp:localhost", "--listen", "/run/a"}), "tcp:localhost"));
    BOOST_TEST(contains(mistake({"/run/vm", "--listen", "tcp:localhost:99999"}), "99999"));
}

BOOST_AUTO_TEST_CASE(a_descriptor_can_be_dialed_but_not_listened_at)
{
    BOOST_TEST(contains(mistake({"/run/vm", "--listen", "fd:5"}),
                        "--listen fd:5: clients can only connect to a unix socket or a TCP port"));
    outcome const came = read({"fd:4", "--dial", "fd:5"});
    BOOST_TEST(came.line().upstream->is_descriptor());
    BOOST_TEST(came.line().dial[0].address.is_descriptor());
}

BOOST_AUTO_TEST_CASE(what_follows_two_dashes_is_the_wrapped_program)
{
    outcome const came = read({"--wrap", "--listen", "/run/a", "--", "qemu-system-x86_64", "--policy", "--", "-S"});
    options const& line = came.line();
    BOOST_TEST(line.wraps);
    BOOST_TEST(!line.upstream);
    std::vector<std::string> const expected{"qemu-system-x86_64", "--policy", "--", "-S"};
    BOOST_TEST(line.program == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(wrapping_needs_a_program_and_excludes_another_qemu)
{
    BOOST_TEST(contains(mistake({"--wrap", "--listen", "/run/a"}), "--wrap needs a program"));
    BOOST_TEST(contains(mistake({"--wrap", "--listen", "/run/a", "--"}), "--wrap needs a program"));
    BOOST_TEST(contains(mistake({"--wrap", "/run/vm", "--listen", "/run/a", "--", "q"}), "choose one"));
    BOOST_TEST(contains(mistake({"--wrap", "--hold", "--listen", "/run/a", "--", "q"}), "--wrap and --hold exclude each other"));
    BOOST_TEST(contains(mistake({"/run/vm", "--listen", "/run/a", "--", "q"}), "a program after -- needs --wrap"));
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_refused)
{
    BOOST_TEST(contains(mistake({"/run/vm", "--listn", "/run/a"}), "--listn"));
    BOOST_TEST(contains(mistake({"/run/vm", "/run/other", "--listen", "/run/a"}), "/run/other"));
}

BOOST_AUTO_TEST_CASE(the_help_names_all_options)
{
    outcome const came = read({"--help"});
    BOOST_TEST((std::get<exit_code>(came.read) == exit_code::success));
    for (char const* const each : {"--listen", "--dial", "--policy", "--hold", "--audit", "--config", "--wrap", "UPSTREAM"})
        BOOST_TEST(contains(came.output, each), each);
}

BOOST_AUTO_TEST_CASE(the_version_is_printed)
{
    outcome const came = read({"--version"});
    BOOST_TEST((std::get<exit_code>(came.read) == exit_code::success));
    BOOST_TEST(came.output.starts_with("qmp-proxy "));
}

BOOST_AUTO_TEST_SUITE_END()
