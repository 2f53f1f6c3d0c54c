// What Tab adds, shows, and does not know.
#include "script.hpp"
#include "support/real_qemu.hpp"
#include "terminal.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using coqmp::test::real_qemu;
using namespace qmp_shell::test;

namespace {

constexpr std::string_view prompt = "(QEMU)";

std::size_t times(std::string const& text, std::string_view part)
{
    std::size_t result = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
        ++result;
    return result;
}

struct prompt_fixture
{
    coqmp::test::temporary_directory directory;
    std::filesystem::path const home = directory.path();
    real_qemu qemu{real_qemu::no_machine()};
    std::vector<std::string> const address{qemu.monitor().path()};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(completions, prompt_fixture)

BOOST_AUTO_TEST_CASE(arguments_and_values_are_completed_not_only_commands)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("blockdev-a");
    shell.type(tab);
    shell.expect_line("(QEMU) blockdev-add");
    shell.type("driver=null-c");
    shell.type(tab);
    shell.expect_line("(QEMU) blockdev-add driver=null-co");
    shell.type("node-n");
    shell.type(tab);
    shell.expect_line("(QEMU) blockdev-add driver=null-co node-name=");
    shell.type("scratch size=65536");
    shell.type(enter);
    shell.expect("{}");
    shell.expect_line(prompt);
    shell.type("blockdev-del node-name=scr");
    shell.type(tab);  // only the running QEMU knows this one
    shell.expect_line("(QEMU) blockdev-del node-name=scratch");
    shell.type(enter);
    shell.expect("{}");
}

BOOST_AUTO_TEST_CASE(possibilities_are_listed_and_the_line_stays)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("query-cpu");
    shell.type(tab);
    shell.type(tab);
    shell.expect("query-cpu-definitions");
    shell.expect_line("(QEMU) query-cpu");
}

BOOST_AUTO_TEST_CASE(object_paths_are_completed_step_by_step)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("qom-list path=/mach");
    shell.type(tab);
    shell.expect_line("(QEMU) qom-list path=/machine");
    shell.type("/unatt");
    shell.type(tab);
    shell.expect_line("(QEMU) qom-list path=/machine/unattached");
}

BOOST_AUTO_TEST_CASE(too_many_possibilities_are_counted_and_then_listed)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("query-");
    shell.type(tab);
    shell.expect(" possibilities: a few more characters make them fewer, Tab lists them all");
    shell.expect_line("(QEMU) query-");
    shell.type(tab);
    shell.expect("query-yank");
    shell.expect_line("(QEMU) query-");
    shell.type(control_c);
    shell.expect_line(prompt);
    shell.type("query-");
    shell.type(tab);
    shell.expect([&shell](screen_model const&) { return times(shell.written(), " possibilities: ") == 2; },
                 "they are counted again");
}

BOOST_AUTO_TEST_CASE(who_completes_while_qemu_is_silent_is_told)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("query-versio");
    shell.type(tab);
    shell.expect_line("(QEMU) query-version");
    shell.type(control_c);
    shell.expect_line(prompt);
    qemu.stop();
    shell.type("blockdev-del node-name=");
    shell.type(tab);
    shell.expect("QEMU does not answer: what only it can tell is missing");
    shell.expect_line("(QEMU) blockdev-del node-name=");
    qemu.resume();
    shell.type("x\r");
    shell.expect("Failed to find node");
}

BOOST_AUTO_TEST_SUITE_END()
