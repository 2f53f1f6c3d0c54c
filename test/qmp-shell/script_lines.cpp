// Single lines of scripts, against a real QEMU: how the shell is left, what is refused, what is suggested.
#include "script.hpp"
#include "support/real_qemu.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using coqmp::test::real_qemu;
using namespace qmp_shell::test;

namespace {

/// A QEMU without a machine, and how to reach it.
struct qemu_fixture
{
    real_qemu qemu;
    std::string const address = qemu.monitor().path();

    outcome ask(std::vector<std::string> arguments, std::string_view input = {})
    {
        arguments.insert(arguments.begin(), address);
        return run(arguments, input);
    }
};

bool has(std::string const& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(leaving, qemu_fixture)

BOOST_AUTO_TEST_CASE(exit_leaves_a_script_with_success)
{
    outcome const from_input = ask({}, "query-name\n exit # that is enough\nnonsense\n");
    BOOST_TEST(from_input.status == 0);
    BOOST_TEST(from_input.errors == "");
    BOOST_TEST(from_input.output == "{}\n");
    outcome const from_arguments = ask({"-c", "exit", "-c", "nonsense"});
    BOOST_TEST(from_arguments.status == 0);
    BOOST_TEST(from_arguments.errors == "");
    BOOST_TEST(ask({"-c", ":exit"}).status == 0);
    BOOST_TEST(ask({"-H", "-c", "exit"}).status == 0);
}

BOOST_AUTO_TEST_CASE(nobody_who_means_exit_is_led_to_quit)
{
    BOOST_TEST(ask({"-c", "help exit"}).output ==
               "exit leaves the shell, not QEMU, as Ctrl-D does; the exit status is 0 unless a line failed before\n");
    outcome const with_argument = ask({"-c", "exit status=1"});
    BOOST_TEST(with_argument.status == 1);
    BOOST_TEST(has(with_argument.errors, "(`exit` alone leaves the shell)"));
    outcome const mistyped = ask({"-c", "qxit"});
    BOOST_TEST(has(mistyped.errors, "did you mean exit?"));
}

BOOST_AUTO_TEST_SUITE_END()
