// Lines at a prompt: those that go on, and those whose answer is long in coming.
#include "prompt_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <algorithm>
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

BOOST_AUTO_TEST_CASE(an_answer_that_does_not_fit_one_line_is_indented)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("query-version\r");
    shell.expect("  \"qemu\": {");
    shell.expect_line(prompt);
    shell.type("query-status\r");
    shell.expect("{\"status\": \"prelaunch\"");  // fits one line
    shell.expect_line(prompt);
    shell.resize(40);
    shell.type("query-status\r");
    shell.expect("  \"status\": \"prelaunch\"");
    shell.expect_line(prompt);
    shell.type(":pretty\r");
    shell.expect(":pretty auto");
    shell.type(":pretty off\rquery-version\r");
    shell.expect("{\"qemu\": {");
    shell.expect_line(prompt);
    shell.type(":pretty on\rquery-name\rquery-kvm\r");
    shell.expect("  \"enabled\": false,");
    shell.expect_line(prompt);
    shell.type(":pretty auto\r:pretty\r");
    shell.expect(
        [](screen_model const& screen) {
            auto const rows = screen.rows();
            return std::find(rows.rbegin(), rows.rend(), ":pretty auto") != rows.rend();
        },
        "how it is");
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
    auto const says_so = [](screen_model const& seen) { return contains(seen.text(), "waiting for QEMU (Ctrl-C gives up)"); };
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

BOOST_AUTO_TEST_CASE(what_is_pasted_in_many_lines_waits_for_enter)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("\x1B[200~:trace on\rquery-name\r\n{\"execute\":\n\"query-status\"}\r\x1B[201~");
    shell.expect("(QEMU) :trace on");
    shell.expect("query-name");
    shell.expect("{\"execute\":");
    shell.expect("\"query-status\"}");
    shell.type("# the end");  // typed, not pasted
    shell.expect_line("# the end");
    BOOST_TEST(!contains(shell.written(), "-> {"));
    BOOST_TEST(!contains(shell.written(), "prelaunch"));
    shell.type(enter);
    shell.expect("(QEMU) query-name");
    shell.expect("-> {\"execute\":\"query-name\"");
    shell.expect("  ...> \"query-status\"}");
    shell.expect("prelaunch");
    shell.expect_line(prompt);
    shell.type(control_d);
    BOOST_TEST(shell.wait() == 0);
    BOOST_TEST(contains(content(home / ".qmp-shell_history"), ":trace on\nquery-name\n{\"execute\": \"query-status\"}\n"));
}

BOOST_AUTO_TEST_CASE(what_is_pasted_can_be_given_up)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("\x1B[200~stop\rcont\r\x1B[201~");
    shell.expect("(QEMU) stop");
    shell.expect("cont");
    shell.type(control_c);
    shell.expect("^C");
    shell.expect_line(prompt);
    shell.type("query-name\r");
    shell.expect("{}");
    BOOST_TEST(!contains(shell.written(), "RESUME"));
}

// In the middle of pasted text the terminal takes it for Ctrl-C, too.
BOOST_AUTO_TEST_CASE(a_pasted_control_c_makes_no_keys_of_the_rest)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type(
        "\x1B[200~stop\x03"
        "cont\rquery-name\r\x1B[201~");
    shell.expect("^C");
    shell.expect_line(prompt);
    shell.type("query-status\r");
    shell.expect("prelaunch");
    shell.expect_line(prompt);
    BOOST_TEST(!contains(shell.written(), "RESUME"));
    BOOST_TEST(!contains(shell.written(), "(QEMU) cont"));
}

BOOST_AUTO_TEST_CASE(the_rest_of_a_given_up_paste_is_dropped_when_it_comes)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("\x1B[200~stop\x03");
    shell.expect("^C");
    shell.expect_line(prompt);
    shell.type("cont\r\x1B[201~query-name\r");
    shell.expect("{}");
    shell.expect_line(prompt);
    BOOST_TEST(!contains(shell.written(), "RESUME"));
    BOOST_TEST(!contains(shell.written(), "(QEMU) cont"));
}

BOOST_AUTO_TEST_CASE(settings_for_libedit_that_are_a_pipe_do_not_block)
{
    BOOST_REQUIRE(::mkfifo((home / ".editrc").c_str(), 0600) == 0);
    terminal shell(address, home);
    shell.expect_line(prompt);
}

BOOST_AUTO_TEST_CASE(an_event_among_pasted_lines_leaves_them_intact)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("\x1B[200~query-name\rquery-status\x1B[201~");
    shell.expect_line("query-status");
    shell.resize(60);
    shell.type(" # still there");
    shell.expect_line("query-status # still there");
    auto const rows = shell.screen().rows();
    BOOST_TEST(std::count_if(rows.begin(), rows.end(), [](std::string const& row) { return contains(row, "query-name"); }) == 1);
}

BOOST_AUTO_TEST_CASE(what_is_pasted_while_an_answer_is_awaited_waits_for_enter_too)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    qemu.stop();
    shell.type("query-name\r");
    shell.expect([](screen_model const& seen) { return contains(seen.text(), "waiting for QEMU"); }, "that QEMU is waited for");
    shell.type("\x1B[200~query-status\r\x1B[201~");
    qemu.resume();
    shell.expect("{}");
    shell.expect("(QEMU) query-status");
    shell.type("# the end");
    shell.expect_line("# the end");
    BOOST_TEST(!contains(shell.written(), "prelaunch"));
    std::size_t const on = shell.written().find("\x1B[?2004h");
    BOOST_TEST(shell.written().find("\x1B[?2004l", on) == std::string::npos);  // it stays on all the time
}

BOOST_AUTO_TEST_CASE(escapes_that_are_pasted_are_no_keys)
{
    terminal shell(address, home);
    shell.expect_line(prompt);
    shell.type("\x1B[200~query\x1B[D\x1B[D-name\x1B[201~;");
    shell.expect_line("(QEMU) query [D [D-name;");
}

BOOST_AUTO_TEST_CASE(a_terminal_that_obeys_nothing_is_not_asked_to_mark_what_is_pasted)
{
    terminal shell(address, home, {"TERM=dumb"});
    shell.expect_line(prompt);
    BOOST_TEST(!contains(shell.written(), "2004"));
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
