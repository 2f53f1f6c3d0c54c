// `--wrap`: a QEMU that the shell launches and that ends with it, whatever happens to either.
#include "script.hpp"
#include "support/temporary_directory.hpp"
#include "terminal.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

using namespace qmp_shell::test;

namespace {

struct wrap_fixture
{
    coqmp::test::temporary_directory directory;
    std::filesystem::path const home = directory.path();
    std::filesystem::path const pid_file = home / "pid";

    /// The shell's options, `--wrap`, and a QEMU without a machine.
    [[nodiscard]] std::vector<std::string> wrapping(std::vector<std::string> options = {},
                                                    std::vector<std::string> const& arguments = {}) const
    {
        for (char const* const each :
             {"--wrap", "--", "qemu-system-x86_64", "-M", "none", "-nodefaults", "-display", "none", "-S"})
            options.emplace_back(each);
        options.insert(options.end(), {"-pidfile", pid_file.native()});
        options.insert(options.end(), arguments.begin(), arguments.end());
        return options;
    }

    /// The same through a shell script, which has QEMU's command line as its arguments.
    [[nodiscard]] std::vector<std::string> through_a_script(std::string const& text) const
    {
        std::vector<std::string> result = wrapping();
        auto const program = std::find(result.begin(), result.end(), "qemu-system-x86_64");
        result.insert(program, {"sh", "-c", text, "sh"});
        return result;
    }

    /// QEMU writes its number before it answers anything.
    [[nodiscard]] ::pid_t qemu() const { return static_cast<::pid_t>(std::stoi(content(pid_file))); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wrapped_in_a_script, wrap_fixture)

BOOST_AUTO_TEST_CASE(qemu_is_launched_and_ends_with_the_script)
{
    script shell(wrapping());
    shell.write("query-status\n");
    shell.expect("prelaunch");
    ::pid_t const process = qemu();
    BOOST_TEST(lives(process));
    BOOST_TEST(shell.finish().status == 0);
    BOOST_TEST(!lives(process));
}

BOOST_AUTO_TEST_CASE(the_program_is_qemu_if_none_is_named)
{
    // A QEMU of its own: the arguments of one without a name cannot be given.
    outcome const came = run({"-c", "query-version", "-c", "quit", "--wrap"}, {}, {"QEMU_AUDIO_DRV=none", "DISPLAY="});
    BOOST_TEST((came.status == 0 || came.status == 3));
    BOOST_TEST((contains(came.output, "\"qemu\"") || contains(came.errors, "qemu-system-x86_64")));
}

BOOST_AUTO_TEST_CASE(its_name_alone_says_that_it_wraps)
{
    std::string const program = std::filesystem::path(QMP_SHELL_PROGRAM).parent_path() / "qmp-shell-wrap";
    script shell({"-c", "query-status", "qemu-system-x86_64", "-M", "none", "-nodefaults", "-display", "none", "-S"}, {},
                 program);
    outcome const came = shell.finish();
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.output, "prelaunch"));
}

BOOST_AUTO_TEST_CASE(a_qemu_that_does_not_start_says_why_in_its_own_words)
{
    outcome const came = run(wrapping({}, {"-device", "no-such-device"}));
    BOOST_TEST(came.status == 3);
    BOOST_TEST(contains(came.errors, "'no-such-device' is not a valid device model name"));
    BOOST_TEST(contains(came.errors, "qmp-shell: qemu-system-x86_64 exited with status 1 before it was ready\n"));
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_named)
{
    outcome const came = run({"--wrap", "qemu-system-nothing"});
    BOOST_TEST(came.status == 3);
    BOOST_TEST(came.errors ==
               "cannot start \"qemu-system-nothing\": No such file or directory\nqmp-shell: qemu-system-nothing did not start\n");
}

BOOST_AUTO_TEST_CASE(a_program_that_never_gets_ready_is_given_up)
{
    outcome const came = run({"--timeout", "0.3", "--wrap", "sleep", "1000"});
    BOOST_TEST(came.status == 3);
    // QEMU's arguments are none of sleep's: it may also have ended by itself.
    BOOST_TEST(contains(came.errors, "qmp-shell: sleep "), came.errors);
}

BOOST_AUTO_TEST_CASE(quit_ends_both_with_success)
{
    outcome const came = run(wrapping({"-c", "quit"}));
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
}

BOOST_AUTO_TEST_CASE(a_qemu_that_is_killed_is_one_clear_line)
{
    script shell(wrapping());
    shell.write("query-status\n");
    shell.expect("prelaunch");
    ::kill(qemu(), SIGKILL);
    outcome const came = shell.wait();
    BOOST_TEST(came.status == 3);
    BOOST_TEST(came.errors == "qmp-shell: qemu-system-x86_64 was killed by signal 9 (Killed)\n");
}

BOOST_AUTO_TEST_CASE(a_shell_that_is_killed_takes_qemu_with_it)
{
    script shell(wrapping());
    shell.write("query-status\n");
    shell.expect("prelaunch");
    ::pid_t const process = qemu();
    shell.signal(SIGKILL);
    BOOST_TEST(shell.wait().status == 128 + SIGKILL);
    wait_for_end(process);
}

BOOST_AUTO_TEST_CASE(a_shell_that_is_told_to_end_ends_qemu)
{
    script shell(wrapping());
    shell.write("query-status\n");
    shell.expect("prelaunch");
    ::pid_t const process = qemu();
    shell.signal(SIGTERM);
    BOOST_TEST(shell.wait().status == 128 + SIGTERM);
    BOOST_TEST(!lives(process));
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_qemu_and_then_the_shell_by_that_signal)
{
    script shell(wrapping());
    shell.write("query-status\n");
    shell.expect("prelaunch");
    ::pid_t const process = qemu();
    shell.signal(SIGINT);
    BOOST_TEST(shell.wait().signal == SIGINT);
    BOOST_TEST(!lives(process));
}

BOOST_AUTO_TEST_CASE(the_output_of_qemu_does_not_mix_with_the_answers)
{
    // The wrapped program writes to its standard output before it becomes QEMU.
    outcome const came = run({"-c", "query-status", "--wrap", "sh", "-c", "echo from the guest; exec \"$@\"", "sh",
                              "qemu-system-x86_64", "-M", "none", "-nodefaults", "-display", "none", "-S"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.errors, "from the guest\n"));
    BOOST_TEST(!contains(came.output, "from the guest"));
}

BOOST_AUTO_TEST_CASE(a_script_that_ends_before_its_qemu_leaves_none_behind)
{
    script shell(through_a_script("\"$@\" & exit 0"));
    shell.write("query-status\n");
    shell.expect("prelaunch");
    ::pid_t const process = qemu();
    outcome const came = shell.finish();
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
    BOOST_TEST(!lives(process));
}

// The subshell has the monitor until it closes it, and then hangs, as a QEMU may do in its exit.
BOOST_AUTO_TEST_CASE(a_qemu_that_a_script_left_and_that_hangs_in_its_exit_is_killed_and_that_is_a_failure)
{
    script shell(
        through_a_script("( \"$@\"; exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec sleep 1000 ) >/dev/null 2>&1 &"
                         "echo $!; exit 0"));
    shell.write("quit\n");
    outcome const came = shell.finish();
    BOOST_TEST(came.status == 3);
    BOOST_TEST(contains(came.errors, "qmp-shell: sh was killed by signal 9"));
    BOOST_TEST(!lives(static_cast<::pid_t>(std::stoi(came.errors))));
}

BOOST_AUTO_TEST_CASE(a_qemu_that_a_script_left_and_that_crashes_in_its_exit_is_a_failure)
{
    outcome const came = run(
        through_a_script("( \"$@\"; exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec sh -c 'kill -SEGV $$' ) & exit 0"), "quit\n");
    BOOST_TEST(came.status == 3);
    BOOST_TEST(contains(came.errors, "sh was killed by signal 11"));
}

// The inner shell closes the monitor before it starts the helper: a helper that closed it itself might still have it when the script
// ends.
BOOST_AUTO_TEST_CASE(a_helper_that_a_script_left_lives_on)
{
    script shell(
        through_a_script("sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!' 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; \"$@\" & exit 0"));
    shell.write("quit\n");
    outcome const came = shell.finish();
    BOOST_TEST(came.status == 0);
    ::pid_t const helper = static_cast<::pid_t>(std::stoi(came.errors));
    BOOST_TEST(lives(helper));
    ::kill(helper, SIGKILL);
}

// As long as a script's other programs live, their end is not waited for.
BOOST_AUTO_TEST_CASE(what_a_script_has_started_beside_qemu_does_not_delay_the_end)
{
    script shell(through_a_script("sleep 1000 >/dev/null 2>&1 3>&- 4>&- 5>&- & echo $!; \"$@\""));
    shell.write("query-status\n");
    shell.expect("prelaunch");
    outcome const came = shell.finish();
    BOOST_TEST(came.status == 0);
    ::pid_t const other = static_cast<::pid_t>(std::stoi(came.errors));
    ::kill(other, SIGKILL);
    BOOST_TEST(!contains(came.errors, "qmp-shell: "));  // as each complaint begins
}

BOOST_AUTO_TEST_CASE(a_shell_that_is_killed_takes_the_qemu_of_a_script_with_it)
{
    for (char const* const how : {"\"$@\"; exit 0", "\"$@\" & wait", "\"$@\" & exit 0"}) {
        script shell(through_a_script(how));
        shell.write("query-status\n");
        shell.expect("prelaunch");
        ::pid_t const process = qemu();
        shell.signal(SIGKILL);
        BOOST_TEST(shell.wait().status == 128 + SIGKILL);
        wait_for_end(process);
    }
}

BOOST_AUTO_TEST_CASE(a_shell_that_is_terminated_ends_the_qemu_of_a_script)
{
    script shell(through_a_script("\"$@\" & exit 0"));
    shell.write("query-status\n");
    shell.expect("prelaunch");
    ::pid_t const process = qemu();
    shell.signal(SIGTERM);
    BOOST_TEST(shell.wait().status == 128 + SIGTERM);
    BOOST_TEST(!lives(process));
}

BOOST_AUTO_TEST_CASE(daemonize_is_refused_with_the_reason)
{
    outcome const came = run(wrapping({}, {"-daemonize"}));
    BOOST_TEST(came.status == 3);
    BOOST_TEST(contains(came.errors, "-daemonize"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(wrapped_in_a_terminal, wrap_fixture)

BOOST_AUTO_TEST_CASE(control_d_ends_both)
{
    terminal shell(wrapping(), home);
    shell.expect_line("(QEMU)");
    shell.type("query-status\r");
    shell.expect("prelaunch");
    ::pid_t const process = qemu();
    shell.expect_line("(QEMU)");
    shell.type(control_d);
    shell.expect("qemu-system-x86_64 exited with status 0");
    BOOST_TEST(shell.wait() == 0);
    BOOST_TEST(!lives(process));
    BOOST_TEST(!contains(shell.written(), "waiting for QEMU"));
}

BOOST_AUTO_TEST_CASE(quit_and_exit_report_once_how_qemu_ended)
{
    for (std::string const line : {"quit", "exit"}) {
        terminal shell(wrapping(), home);
        shell.expect_line("(QEMU)");
        shell.type(line + '\r');
        shell.expect("qemu-system-x86_64 exited with status 0");
        BOOST_TEST(shell.wait() == 0);
        std::string const all = shell.written();
        BOOST_TEST(all.find("exited with") == all.rfind("exited with"));
    }
}

BOOST_AUTO_TEST_CASE(the_shell_says_what_leaving_does_to_qemu)
{
    terminal shell(wrapping(), home);
    shell.expect("Ctrl-D leaves and ends it.");
    shell.expect_line("(QEMU)");
    shell.type(":help\r");
    shell.expect("leaves the shell and ends QEMU, as Ctrl-D does");
    shell.expect("leave the shell and end QEMU (as Ctrl-D)");
    shell.expect_line("(QEMU)");
    shell.type("help exit\r");
    shell.expect("exit leaves the shell and ends QEMU");
    shell.expect_line("(QEMU)");
    shell.type("help :quit\r");
    shell.expect("leave the shell and end QEMU");
}

BOOST_AUTO_TEST_CASE(a_qemu_that_hangs_is_waited_for_and_killed_by_control_c)
{
    terminal shell(wrapping(), home);
    shell.expect_line("(QEMU)");
    ::pid_t const process = qemu();
    ::kill(process, SIGSTOP);
    shell.type(control_d);
    shell.expect("waiting for QEMU to end (Ctrl-C kills it)");
    shell.type(control_c);
    shell.expect("was killed by signal 9");
    BOOST_TEST(shell.wait() == 0);
    wait_for_end(process);  // it is not the shell's child, so that the shell does not wait for it
}

BOOST_AUTO_TEST_CASE(a_qemu_that_hangs_for_long_is_killed_and_that_is_a_failure)
{
    terminal shell(wrapping(), home);
    shell.expect_line("(QEMU)");
    ::pid_t const process = qemu();
    ::kill(process, SIGSTOP);
    shell.type(control_d);
    shell.expect("waiting for QEMU to end");
    shell.expect("qemu-system-x86_64 did not end, and was killed");
    BOOST_TEST(shell.wait() == 3);
    wait_for_end(process);  // it is not the shell's child, so that the shell does not wait for it
    std::string const all = shell.written();
    BOOST_TEST(all.find("waiting for") == all.rfind("waiting for"));
}

BOOST_AUTO_TEST_CASE(control_c_reaches_the_shell_and_not_qemu)
{
    terminal shell(wrapping(), home);
    shell.expect_line("(QEMU)");
    shell.type("something");
    shell.expect_line("(QEMU) something");
    shell.type(control_c);
    shell.expect("^C");
    shell.expect_line("(QEMU)");
    shell.type("query-status\r");
    shell.expect("prelaunch");
    BOOST_TEST(lives(qemu()));
}

BOOST_AUTO_TEST_CASE(what_qemu_says_stands_above_the_line)
{
    terminal shell(wrapping({}, {"-chardev", "file,id=words,path=/dev/stderr"}), home);
    shell.expect_line("(QEMU)");
    shell.type("query-name");
    shell.expect_line("(QEMU) query-name");
    shell.type("\x01# \r");  // a comment now
    shell.expect_line("(QEMU)");
    shell.type("half a line");
    shell.expect_line("(QEMU) half a line");
    ::kill(qemu(), SIGTERM);
    shell.expect("terminating on signal 15");
    shell.expect("exited with status 0");
    BOOST_TEST(shell.wait() == 3);
}

BOOST_AUTO_TEST_CASE(the_end_of_qemu_ends_the_shell)
{
    terminal shell(wrapping(), home);
    shell.expect_line("(QEMU)");
    shell.type("query-status\r");
    shell.expect("prelaunch");
    ::kill(qemu(), SIGKILL);
    shell.expect("qemu-system-x86_64 was killed by signal 9");
    BOOST_TEST(shell.wait() == 3);
}

BOOST_AUTO_TEST_SUITE_END()
