// The whole program in a terminal, with a user who types and a real QEMU.
#include "qemu_fixture.hpp"
#include "script.hpp"
#include "support/real_qemu.hpp"
#include "terminal.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using coqmp::test::real_qemu;
using namespace qmp_shell::test;

namespace {

constexpr std::string_view prompt = "(QEMU)";

/// A QEMU without a machine and with two monitors: a terminal is at one, and through the other things happen.
struct terminal_fixture
{
    coqmp::test::temporary_directory directory;
    std::filesystem::path const home = directory.path();
    std::string const other_monitor = (home / "other").native();
    real_qemu qemu{with_other_monitor()};
    std::string const address = qemu.monitor().path();

    [[nodiscard]] std::vector<std::string> with_other_monitor() const
    {
        std::vector<std::string> result = real_qemu::no_machine();
        result.insert(result.end(), {"-qmp", "unix:" + other_monitor + ",server=on,wait=off"});
        return result;
    }

    /// Another client does this.
    void elsewhere(std::string const& command) const { BOOST_TEST(run({other_monitor, "-c", command}).status == 0); }

    [[nodiscard]] std::vector<std::string> with(std::vector<std::string> options = {}) const
    {
        options.push_back(address);
        return options;
    }
};

/// A pager that stays until it is ended, and a log that shows when the shell has read an event.
struct paging_fixture : terminal_fixture
{
    std::string const log = (home / "log").native();
    std::string const gate = (home / "gate").native();
    std::string const pager = "cat >/dev/null; echo pages begin; read word <" + gate + "; echo pages end";

    paging_fixture() { BOOST_REQUIRE(::mkfifo(gate.c_str(), 0600) == 0); }

    void expect_events(std::size_t count) const
    {
        wait_for_files(home, [&] { return times(content(log), "\"event\"") >= count; });
    }

    void end_pager() const { std::ofstream(gate) << "go\n"; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(terminals, terminal_fixture)

BOOST_AUTO_TEST_CASE(a_command_is_typed_and_answered)
{
    terminal shell(with(), home);
    shell.expect("Connected to QEMU");
    shell.expect_line(prompt);
    shell.type("query-status");
    shell.type(enter);
    shell.expect("\"status\": \"prelaunch\"");
    shell.expect_line(prompt);
    shell.type(control_d);
    BOOST_TEST(shell.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_long_answer_is_written_whole)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("query-qmp-schema");
    shell.expect_line("(QEMU) query-qmp-schema");
    shell.type(enter);
    shell.expect_line(prompt);
    auto const size = shell.written().size();
    BOOST_TEST(size > 200'000U);  // QEMU 7.2's schema has 207 KB
    shell.type(control_d);
    BOOST_TEST(shell.wait() == 0);
}

BOOST_AUTO_TEST_CASE(the_terminal_is_left_blocking_for_the_next_program)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("query-status");
    shell.type(enter);
    shell.expect("prelaunch");
    shell.expect_line(prompt);
    auto const flags = shell.flags_of_input();
    BOOST_TEST((flags & O_NONBLOCK) == 0);
}

BOOST_AUTO_TEST_CASE(an_event_in_the_middle_of_a_line_leaves_it_intact)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("query-sta");
    shell.expect_line("(QEMU) query-sta");
    shell.type(arrow_left);
    shell.type(arrow_left);
    shell.expect([](screen_model const& screen) { return screen.cursor_column() == 14; }, "the cursor two to the left");
    elsewhere("cont");
    shell.expect("RESUME");
    shell.expect_line("(QEMU) query-sta");
    shell.expect([](screen_model const& screen) { return screen.cursor_column() == 14; }, "the cursor where it was");
    shell.type("X\b");
    shell.type("\x05tus");  // to the end of the line
    shell.expect_line("(QEMU) query-status");
    elsewhere("stop");
    shell.expect("STOP");
    shell.expect_line("(QEMU) query-status");
    shell.type(enter);
    shell.expect("\"status\": \"paused\"");
}

BOOST_AUTO_TEST_CASE(a_long_line_over_several_rows_is_redrawn_intact)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    std::string const line = "blockdev-add driver=null-co node-name=" + std::string(150, 'n') + " size=4096";
    shell.type(line);
    shell.expect_line("(QEMU) " + line);
    elsewhere("cont");
    shell.expect("RESUME");
    shell.expect_line("(QEMU) " + line);
    elsewhere("stop");
    shell.expect("STOP");
    shell.expect_line("(QEMU) " + line);
    auto const rows = shell.screen().rows();
    BOOST_TEST(std::count_if(rows.begin(), rows.end(), [](std::string const& row) { return contains(row, "blockdev-add"); }) ==
               1);
    shell.type(control_c);
    shell.expect_line(prompt);
    shell.type("query-name");
    shell.type(enter);
    shell.expect("{}");
}

BOOST_AUTO_TEST_CASE(events_are_filtered_and_silenced)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type(":events STO*\r");
    shell.expect_line(prompt);
    shell.type("cont\rstop\r");
    shell.expect("STOP");
    shell.expect_line(prompt);
    BOOST_TEST(!contains(shell.screen().text(), " RESUME"));
    shell.type(":events\r");
    shell.expect("events shown: STO*");
    shell.type(":events off\r:events\r");
    shell.expect("events are not shown");
    shell.type("cont\rquery-name\r");
    shell.expect("query-name");
    shell.expect("{}");
    BOOST_TEST(!contains(shell.screen().text(), " RESUME"));
}

BOOST_AUTO_TEST_CASE(control_c_cancels_the_waiting_command_and_not_the_shell)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type(":trace on\r");
    shell.expect_line(prompt);
    qemu.stop();
    shell.type("query-name\r");
    shell.expect("-> {\"execute\":\"query-name\"");
    shell.type(control_c);
    shell.expect("query-name: cancelled");
    shell.expect_line(prompt);
    qemu.resume();
    shell.type("query-status\r");
    shell.expect("\"status\": \"prelaunch\"");
    shell.type(control_d);
    BOOST_TEST(shell.wait() == 0);
}

BOOST_AUTO_TEST_CASE(exit_leaves_the_shell_and_not_qemu)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("exit\r");
    BOOST_TEST(shell.wait() == 0);
    elsewhere("query-status");
}

BOOST_AUTO_TEST_CASE(control_c_gives_up_the_line)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("nonsense");
    shell.expect_line("(QEMU) nonsense");
    shell.type(control_c);
    shell.expect("nonsense^C");
    shell.expect_line(prompt);
    shell.type("{\"execute\":\r");
    shell.expect_line("  ...>");
    shell.type(control_c);
    shell.expect_line(prompt);
    shell.type("query-name\r");
    shell.expect("{}");
}

// The kernel drops what was typed before it, perhaps in the moment in which the shell goes to read that.
BOOST_AUTO_TEST_CASE(control_c_right_after_a_key_is_never_lost)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    for (std::size_t round = 1; round <= 300; ++round) {
        shell.type("q");
        shell.type(control_c);
        shell.expect([&](screen_model const&) { return times(shell.written(), "^C") == round; }, "^C");
        shell.expect_line(prompt);
    }
}

BOOST_AUTO_TEST_CASE(a_mistake_is_pointed_at)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("blockdev-del node-name\r");
    shell.expect("^");
    shell.expect_line(prompt);
}

BOOST_AUTO_TEST_CASE(an_argument_that_qemu_does_not_know_is_pointed_at)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("block_resize devcie=a size=1\r");
    shell.expect(std::string(20, ' ') + "^");
    shell.expect("(did you mean devic");
    shell.expect_line(prompt);
}

BOOST_AUTO_TEST_CASE(a_killed_qemu_is_one_clear_line)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("query-sta");
    shell.expect_line("(QEMU) query-sta");
    qemu.signal(SIGKILL);
    BOOST_TEST(shell.wait() == 3);
    shell.expect("QEMU has gone: unix:" + address + " closed the");
    auto const rows = shell.screen().rows();
    BOOST_TEST(std::count_if(rows.begin(), rows.end(), [](std::string const& row) { return contains(row, "QEMU has gone"); }) ==
               1);
}

BOOST_AUTO_TEST_CASE(a_qemu_that_is_killed_while_it_should_answer_is_one_clear_line)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type(":trace on\r");
    shell.expect_line(prompt);
    qemu.stop();
    shell.type("query-name\r");
    shell.expect("-> {\"execute\":\"query-name\"");
    qemu.signal(SIGKILL);
    BOOST_TEST(shell.wait() == 3);
    shell.expect("QEMU has gone");
}

BOOST_AUTO_TEST_CASE(quit_ends_qemu_and_the_shell_with_success)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("quit\r");
    shell.expect("SHUTDOWN");
    BOOST_TEST(shell.wait() == 0);
    BOOST_TEST(qemu.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_busy_monitor_says_so_after_a_while)
{
    terminal first(with(), home);
    first.expect_line(prompt);
    terminal second(with({"--timeout", "2"}), home);
    second.expect("does not answer yet");
    second.expect("is busy");
    BOOST_TEST(second.wait() == 3);
    first.type("query-name\r");
    first.expect("{}");
}

BOOST_AUTO_TEST_CASE(waiting_for_a_busy_monitor_can_be_given_up)
{
    terminal first(with(), home);
    first.expect_line(prompt);
    terminal second(with(), home);
    second.expect("does not answer yet");
    second.type(control_c);
    BOOST_TEST(second.wait() == 130);
    BOOST_TEST(contains(second.written(), "^C\r\n"));  // the next prompt stands on a line of its own
}

BOOST_AUTO_TEST_CASE(a_signal_to_leave_restores_the_terminal_and_leaves)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("half a li");
    shell.expect_line("(QEMU) half a li");
    BOOST_TEST(!shell.is_as_usual());
    shell.signal(SIGTERM);
    BOOST_TEST(shell.wait() == 128 + SIGTERM);
    BOOST_TEST(shell.is_as_usual());
}

BOOST_AUTO_TEST_CASE(a_shell_that_no_process_could_wake_up_does_not_stop)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("query-");
    shell.expect_line("(QEMU) query-");
    shell.type("\x1A");  // Ctrl-Z
    shell.type("name\r");
    shell.expect("{}");
    shell.expect_line(prompt);
    shell.type(control_d);
    BOOST_TEST(shell.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_suspended_shell_comes_back_with_its_line_however_often)
{
    terminal shell(with(), home, {}, control_of_jobs::there);
    for (int round = 0; round < 3; ++round) {
        shell.expect_line(prompt);
        shell.type("query-");
        shell.expect_line("(QEMU) query-");
        shell.type("\x1A");  // Ctrl-Z
        shell.wait_until_stopped();
        BOOST_TEST(shell.is_as_usual());
        std::size_t const before = shell.written().size();
        shell.signal(SIGCONT);
        shell.expect([&](screen_model const&) { return contains(shell.written().substr(before), "query-"); }, "the line again");
        shell.type("name\r");
        shell.expect("{}");  // it has not stopped once more
    }
}

BOOST_AUTO_TEST_CASE(a_suspended_shell_that_had_lost_the_terminal_before_comes_back_too)
{
    terminal shell(with(), home, {}, control_of_jobs::there);
    for (int round = 0; round < 3; ++round) {
        shell.expect_line(prompt);
        shell.suspend_in_wrapper();
        shell.wait_until_stopped();
        std::size_t const before = shell.written().size();
        shell.signal(SIGCONT);
        shell.expect([&](screen_model const&) { return contains(shell.written().substr(before), "(QEMU)"); }, "the prompt again");
        shell.type("query-name\r");
        shell.expect("{}");
    }
}

BOOST_AUTO_TEST_CASE(a_line_is_redrawn_when_the_terminal_gets_narrower)
{
    terminal shell(with(), home);
    shell.expect_line(prompt);
    shell.type("blockdev-add driver=null-co node-name=scratch");
    shell.expect_line("(QEMU) blockdev-add driver=null-co node-name=scratch");
    std::size_t const before = shell.written().size();
    shell.resize(40);
    shell.expect([&](screen_model const&) { return contains(shell.written().substr(before), "node-"); }, "the line again");
    shell.type(" size=4096");
    shell.expect_line("(QEMU) blockdev-add driver=null-co node-name=scratch size=4096");
    shell.type(enter);
    shell.expect("{}");
}

BOOST_AUTO_TEST_CASE(text_that_is_not_ascii_is_typed_whole)
{
    terminal shell(with({"-v"}), home);
    shell.expect_line(prompt);
    shell.type(
        "no-such-command text=gr\xC3\xBC\xC3\x9F"
        "e\r");
    shell.expect(
        "\"text\": \"gr\xC3\xBC\xC3\x9F"
        "e\"");
}

BOOST_AUTO_TEST_CASE(answers_have_colour_unless_no_color_says_no)
{
    terminal coloured(with(), home);
    coloured.expect_line(prompt);
    coloured.type("query-status\r");
    coloured.expect("prelaunch");
    coloured.type(control_d);
    BOOST_TEST(coloured.wait() == 0);
    BOOST_TEST(contains(coloured.written(), "\033[32m\"prelaunch\""));
    terminal plain(with(), home, {"NO_COLOR=1"});
    plain.expect_line(prompt);
    plain.type("query-status\r");
    plain.expect("\"status\": \"prelaunch\"");
    BOOST_TEST(contains(plain.written(), "\"status\": \"prelaunch\""));
}

BOOST_AUTO_TEST_CASE(a_long_answer_is_paged_when_asked_for)
{
    terminal shell(with(), home, {"PAGER=sed 's/^/paged: /'"});
    shell.expect_line(prompt);
    shell.type(":page query-status\r");
    shell.expect("paged: {");
    shell.expect("paged: }");
    shell.expect_line(prompt);
}

BOOST_AUTO_TEST_CASE(an_answer_is_printed_if_there_is_no_pager)
{
    terminal shell(with(), home, {"PAGER=no-such-pager"});
    shell.expect_line(prompt);
    shell.type(":page query-status\r");
    shell.expect("not found");
    shell.expect("\"status\": \"prelaunch\"");
    shell.expect_line(prompt);
}

BOOST_FIXTURE_TEST_CASE(an_event_waits_until_the_pager_has_ended, paging_fixture)
{
    terminal shell(with({"-l", log}), home, {"PAGER=" + pager});
    shell.expect_line(prompt);
    shell.type(":page query-status\r");
    shell.expect("pages begin");
    elsewhere("cont");
    elsewhere("stop");
    expect_events(2);
    end_pager();
    shell.expect("pages end");
    shell.expect("RESUME");
    shell.expect("STOP");
    shell.expect_line(prompt);
    shell.type(":events\r");
    shell.expect("events shown: all");
}

BOOST_FIXTURE_TEST_CASE(a_signal_to_leave_ends_the_pager_too, paging_fixture)
{
    terminal shell(with(), home, {"PAGER=" + pager});
    shell.expect_line(prompt);
    shell.type(":page query-status\r");
    shell.expect("pages begin");
    shell.signal(SIGTERM);
    BOOST_TEST(shell.wait() == 128 + SIGTERM);
    BOOST_TEST(shell.is_as_usual());
}

BOOST_FIXTURE_TEST_CASE(of_many_events_the_newest_wait_for_the_pager, paging_fixture)
{
    terminal shell(with({"-l", log}), home, {"PAGER=" + pager});
    shell.expect_line(prompt);
    shell.type(":page query-status\r");
    shell.expect("pages begin");
    std::string many;
    for (int each = 0; each < 501; ++each)
        many += "cont\nstop\n";
    BOOST_TEST(run({other_monitor}, many).status == 0);
    expect_events(1002);
    end_pager();
    shell.expect_line(prompt);
    BOOST_TEST(contains(shell.written(), "(2 earlier lines were left out while the pager was shown)"));
    BOOST_TEST(times(shell.written(), "RESUME") == 500);
    BOOST_TEST(times(shell.written(), "STOP") == 500);
}

BOOST_AUTO_TEST_SUITE_END()
