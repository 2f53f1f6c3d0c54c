// What was typed, in the next session as well.
#include "prompt_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

using namespace qmp_shell::test;

namespace {

void write_file(std::filesystem::path const& file, std::string const& text)
{
    std::ofstream(file) << text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(histories, prompt_fixture)

BOOST_AUTO_TEST_CASE(what_was_typed_is_kept_in_plain_lines_but_not_after_a_space)
{
    {
        terminal shell(address, home);
        shell.expect_line(prompt);
        shell.type("query-name\r");
        shell.expect("{}");
        shell.expect_line(prompt);
        shell.type(" query-status\r");
        shell.expect("prelaunch");
        shell.expect_line(prompt);
        shell.type(control_d);
        BOOST_TEST(shell.wait() == 0);
    }
    BOOST_TEST(content(home / ".qmp-shell_history") == "query-name\n");
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type(arrow_up);
    shell.expect_line("(QEMU) query-name");
}

BOOST_AUTO_TEST_CASE(the_history_of_the_old_shell_is_searched)
{
    write_file(home / ".qmp-shell_history", "query-name\nblockdev-del node-name=old\nquery-block\n");
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type(control_r);
    shell.type("old");
    shell.expect([](screen_model const& screen) { return contains(screen.text(), "blockdev-del node-name=old"); },
                 "the line of old");
    shell.type(control_c);
    shell.expect_line(prompt);
    shell.type(":history 2\r");
    shell.expect("query-block");
}

BOOST_AUTO_TEST_CASE(keys_are_bound_as_editrc_says)
{
    write_file(home / ".editrc", "bind \"\\e[5~\" ed-prev-history\n");
    write_file(home / ".qmp-shell_history", "query-name\n");
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("\033[5~");  // Page Up
    shell.expect_line("(QEMU) query-name");
}

BOOST_AUTO_TEST_CASE(an_unreadable_history_is_harmless)
{
    std::filesystem::create_directory(home / ".qmp-shell_history");
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("query-name\r");
    shell.expect("{}");
    shell.type(control_d);
    BOOST_TEST(shell.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
