// Lines at a prompt: those that go on, and those whose answer is long in coming.
#include "prompt_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace qmp_shell::test;

BOOST_FIXTURE_TEST_SUITE(prompts, prompt_fixture)

BOOST_AUTO_TEST_CASE(control_d_gives_up_what_is_open_and_only_then_leaves)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("{\"execute\":\r");
    shell.expect_line("  ...>");
    shell.type(control_d);
    shell.expect("given up: a brace was open. Ctrl-D once more leaves.");
    shell.expect_line(prompt);
    shell.type("transaction(\r");
    shell.expect_line("TRANS>");
    shell.type(control_d);
    shell.expect("given up: a transaction was open.");
    shell.expect_line(prompt);
    shell.type("query-name\r");
    shell.expect("{}");
    shell.expect_line(prompt);
    shell.type(control_d);
    BOOST_TEST(shell.wait() == 0);
}

BOOST_AUTO_TEST_CASE(keys_that_do_nothing_leave_nothing_in_the_line)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("query");
    for (std::string_view const key : {"\033[5~", "\033[6~", "\033[2~", "\033OP", "\033[15~", "\033[24~", "\033[Z", "\033[1;2D",
                                       "\033[5;5~", "\033[[A", "\033[25~", "\033[1;2P"})
        shell.type(key);
    shell.type("-name");
    shell.expect_line("(QEMU) query-name");
}

BOOST_AUTO_TEST_CASE(who_waits_long_for_an_answer_is_told_until_it_comes)
{
    auto const says_so = [](screen_model const& seen) { return has(seen.text(), "waiting for QEMU (Ctrl-C gives up)"); };
    terminal shell(address, home);
    shell.expect_line(prompt);
    qemu.stop();
    shell.type("query-name\r");
    shell.expect(says_so, "that QEMU is waited for");
    qemu.resume();
    shell.expect("{}");
    shell.expect_line(prompt);
    BOOST_TEST(!says_so(shell.screen()));
}

BOOST_AUTO_TEST_CASE(what_is_pasted_is_text_and_no_keys)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("\x1B[200~{\"execute\":\t\"query-\x04name\"}\x1B[201~ ;");
    shell.expect_line("(QEMU) {\"execute\": \"query- name\"} ;");  // the end of it has been read
    shell.type(control_c);
    shell.expect_line(prompt);
    shell.type("\x1B[200~{\"execute\":\r\t\"query-name\"}\rquery-\tsta\x1B[201~ ;");
    shell.expect("  ...>  \"query-name\"}");
    shell.expect("{}");
    shell.expect_line("(QEMU) query- sta ;");
    shell.type(control_c);
    shell.expect_line(prompt);
    shell.type("query-stat");
    shell.type(tab);  // a key again
    shell.expect_line("(QEMU) query-stat");
    shell.type("\x1B[200~us\x1B[201~\r");
    shell.expect("prelaunch");
    shell.expect_line(prompt);
    shell.type(control_d);
    BOOST_TEST(shell.wait() == 0);
    std::size_t const last = shell.written().rfind("\x1B[?2004");
    BOOST_TEST(shell.written().substr(last, 8) == "\x1B[?2004l");
}

BOOST_AUTO_TEST_CASE(a_terminal_that_obeys_nothing_is_not_asked_to_mark_what_is_pasted)
{
    terminal shell(address, home, {"TERM=dumb"});
    shell.expect_line(prompt);
    BOOST_TEST(!has(shell.written(), "2004"));
}

BOOST_AUTO_TEST_CASE(what_was_typed_in_many_lines_is_recalled_as_one)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("blockdev-add driver=null-co node-name=n file={\r");
    shell.expect_line("  ...>");
    shell.type("}\r");
    shell.expect("is unexpected");
    shell.expect_line(prompt);
    shell.type(arrow_up);
    shell.expect_line("(QEMU) blockdev-add driver=null-co node-name=n file={ }");
    shell.type(control_c);
    shell.expect_line(prompt);
    shell.type("transaction(\r");
    shell.expect_line("TRANS>");
    shell.type("nonsense\r");
    shell.expect("there is no action nonsense");
    shell.expect_line("TRANS>");
    shell.type(arrow_up);
    shell.expect_line("TRANS> nonsense");  // to write it again
    shell.type(
        "\x15"
        "abort\r");
    shell.expect_line("TRANS>");
    shell.type(")\r");
    shell.expect("Transaction aborted");
    shell.expect_line(prompt);
    shell.type(arrow_up);
    shell.expect_line("(QEMU) transaction( abort )");
    shell.type(arrow_up);
    shell.expect_line("(QEMU) blockdev-add driver=null-co node-name=n file={ }");
    shell.type("\x15 {\r");  // a space comes first
    shell.expect_line("  ...>");
    shell.type("}\r");
    shell.expect_line(prompt);
    shell.type(arrow_up);
    shell.expect_line("(QEMU) transaction( abort )");
    shell.type("\x15");
    shell.expect_line(prompt);
    shell.type(control_d);
    BOOST_TEST(shell.wait() == 0);
    BOOST_TEST(content(home / ".qmp-shell_history") ==
               "blockdev-add driver=null-co node-name=n file={ }\ntransaction( abort )\n");
}

BOOST_AUTO_TEST_SUITE_END()
