// What Tab adds, shows, and does not know.
#include "prompt_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace qmp_shell::test;

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

BOOST_AUTO_TEST_CASE(completion_reports_that_qemu_is_silent)
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
    shell.expect("QEMU does not answer: candidates that only it knows are missing");
    shell.expect_line("(QEMU) blockdev-del node-name=");
    qemu.resume();
    shell.type("x\r");
    shell.expect("Failed to find node");
}

BOOST_AUTO_TEST_SUITE_END()
