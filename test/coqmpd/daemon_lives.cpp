// The whole daemon with real QEMUs: its start, its end, and what outlives it.
#include "running_coqmpd.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace coqmpd::test;
using coqmp::command;
using coqmp::test::contains;
using coqmp::test::content;

namespace {

unsigned mode_of(std::string const& file)
{
    struct ::stat facts = {};
    BOOST_REQUIRE(::stat(file.c_str(), &facts) == 0);
    return facts.st_mode & 0777U;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(daemon_lives, coqmpd_fixture, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(a_machine_is_started_and_stopped)
{
    define("vm");
    running_coqmpd daemon(*this);
    BOOST_TEST(state_of("vm") == "defined");
    ::pid_t const process = start("vm");
    (void)ask(command("machine-stop").with("name", "vm"));
    BOOST_TEST(state_of("vm") == "stopped");
    see_end(process);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_restart_makes_a_new_process)
{
    define("vm");
    running_coqmpd daemon(*this);
    ::pid_t const process = start("vm");
    ask_until(command("machine-restart").with("name", "vm"), "vm", "running");
    see_end(process);
    ::pid_t const next = process_of("vm");
    BOOST_TEST(next != process);
    (void)ask(command("machine-stop").with("name", "vm"));
    see_end(next);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_outlives_a_daemon_that_is_asked_to_end)
{
    define("vm");
    ::pid_t process = 0;
    {
        running_coqmpd daemon(*this);
        process = start("vm");
        daemon.signal(SIGTERM);
        daemon.expect("STOPPING=1");
        BOOST_TEST(daemon.wait() == 0);
    }
    BOOST_TEST(is_alive(process));
    running_coqmpd daemon(*this);
    daemon.expect("STATUS=1 machine: 1 running");
    BOOST_TEST(process_of("vm") == process);
    (void)ask(command("machine-stop").with("name", "vm"));
    see_end(process);
}

BOOST_AUTO_TEST_CASE(a_machine_outlives_a_daemon_that_is_killed)
{
    define("vm");
    ::pid_t process = 0;
    {
        running_coqmpd daemon(*this);
        process = start("vm");
        see_record("vm");
        daemon.signal(SIGKILL);
        BOOST_TEST(daemon.wait() == 128 + SIGKILL);
    }
    BOOST_TEST(is_alive(process));
    running_coqmpd daemon(*this);
    daemon.expect("STATUS=1 machine: 1 running");
    BOOST_TEST(process_of("vm") == process);
    (void)ask(command("machine-stop").with("name", "vm"));
    see_end(process);
}

BOOST_AUTO_TEST_CASE(a_machine_whose_guest_panics_comes_back)
{
    define_guest("vm", coqmp::test::panic, "[restart]\nmost = 1000\nfirst_pause = '1ms'\nlongest_pause = '1ms'\n", "-device",
                 "pvpanic");
    running_coqmpd daemon(*this);
    see_states(command("machine-start").with("name", "vm"), "vm",
               {"running", "backing-off panicked", "running", "backing-off panicked", "running"});
    (void)ask(command("machine-stop").with("name", "vm"));
    BOOST_TEST(state_of("vm") == "stopped");
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_whose_guest_panics_is_dumped)
{
    std::string const settings = "[panic]\ndump = true\ndump_directory = '" + path("dumps") + "'\n";
    define_guest("vm", coqmp::test::panic, settings, "-device", "pvpanic", "-action", "panic=pause");
    running_coqmpd daemon(*this);
    (void)ask(command("machine-start").with("name", "vm"));
    daemon.expect_in_log("vm: its guest has panicked; its memory is in " + path("dumps") + "/vm.");
    (void)ask(command("machine-stop").with("name", "vm"));
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_that_panics_too_often_is_given_up)
{
    define_guest("vm", coqmp::test::panic, "[restart]\nmost = 1\nfirst_pause = '1ms'\n", "-device", "pvpanic");
    running_coqmpd daemon(*this);
    see_states(command("machine-start").with("name", "vm"), "vm", {"running", "running", "given-up panicked"});
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_that_its_owner_shuts_down_stays_down)
{
    define_guest("vm", coqmp::test::power_off, "[restart]\npolicy = 'unless-stopped'\n");
    {
        running_coqmpd daemon(*this);
        see_states(command("machine-start").with("name", "vm"), "vm", {"running", "stopped guest-shutdown"});
        BOOST_TEST(daemon.stop() == 0);
    }
    running_coqmpd daemon(*this);
    BOOST_TEST(state_of("vm") == "stopped");
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_guest_is_asked_to_shut_down)
{
    define_guest("vm", coqmp::test::power_button, "[shutdown]\nrepeat = '1s'\n", "-debugcon", "file:" + path("console"));
    running_coqmpd daemon(*this);
    ::pid_t const process = start("vm");
    (void)ask(command("machine-stop").with("name", "vm"));
    see_end(process);
    BOOST_TEST(contains(content(path("console")), "p"));
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(the_next_daemon_does_not_start_what_an_operator_has_stopped)
{
    define("vm", "[restart]\npolicy = 'always'\n");
    {
        running_coqmpd daemon(*this);
        ::pid_t const process = start("vm");
        (void)ask(command("machine-stop").with("name", "vm"));
        see_end(process);
        BOOST_TEST(daemon.stop() == 0);
    }
    running_coqmpd daemon(*this);
    BOOST_TEST(state_of("vm") == "stopped");
}

BOOST_AUTO_TEST_CASE(a_hook_is_run_when_its_machine_runs)
{
    BOOST_REQUIRE(::mkfifo(path("fifo").c_str(), 0600) == 0);
    std::string const hook = write("hook", "#!/bin/sh\necho \"$COQMP_MACHINE $COQMP_STATE\" >" + path("fifo") + "\n");
    BOOST_REQUIRE(::chmod(hook.c_str(), 0700) == 0);
    define("vm", "[[hook]]\nprogram = '" + hook + "'\nstates = ['running']\n");
    running_coqmpd daemon(*this);
    ::pid_t const process = start("vm");
    std::ifstream fifo(path("fifo"));  // opens when the hook does
    std::string line;
    std::getline(fifo, line);
    BOOST_TEST(line == "vm running");
    (void)ask(command("machine-stop").with("name", "vm"));
    see_end(process);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_client_of_a_monitor_stays_when_its_machine_is_restarted)
{
    define("vm");
    running_coqmpd daemon(*this);
    ::pid_t const process = start("vm");
    boost::json::value const status = ask_after_restart("vm");
    BOOST_TEST(status.as_object().contains("status"));
    see_end(process);
    ::pid_t const next = keep(process_of("vm"));
    (void)ask(command("machine-stop").with("name", "vm"));
    see_end(next);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_shutdown_is_completed_by_the_next_daemon)
{
    define_guest("vm", coqmp::test::idle, "[shutdown]\nbudget = '4s'\n");
    ::pid_t process = 0;
    {
        running_coqmpd daemon(*this);
        process = start("vm");
        see_record("vm");
        (void)ask(command("machine-stop").with("name", "vm").with("wait", false));
        BOOST_TEST(daemon.stop() == 0);
    }
    running_coqmpd daemon(*this);
    see_end(process);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_restart_is_completed_by_the_next_daemon_even_if_the_first_one_is_killed)
{
    define_guest("vm", coqmp::test::idle, "[shutdown]\nbudget = '4s'\n[restart]\npolicy = 'no'\n");
    ::pid_t process = 0;
    {
        running_coqmpd daemon(*this);
        process = start("vm");
        see_record("vm");
        ask_until(command("machine-restart").with("name", "vm"), "vm", "stopping");
        daemon.signal(SIGKILL);
        BOOST_TEST(daemon.wait() == 128 + SIGKILL);
    }
    running_coqmpd daemon(*this);
    see_end(process);
    ::pid_t next = process;
    while (next == process)
        next = process_of("vm");
    (void)keep(next);
    (void)ask(command("machine-stop").with("name", "vm"));
    see_end(next);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_machine_of_another_owner_is_observed)
{
    (void)write("machines/other.toml", "observe = '" + path("monitor") + "'\n");
    (void)write("machines/vm.toml", "arguments = ['-M', 'none', '-nodefaults', '-display', 'none', '-qmp', 'unix:" +
                                        path("monitor") + ",server=on,wait=off']\n[shutdown]\nask_guest = false\n");
    running_coqmpd daemon(*this);
    BOOST_TEST(state_of("other") == "defined");
    ask_until(command("machine-start").with("name", "vm"), "other", "running");
    ::pid_t const process = keep(process_of("vm"));
    see_states(command("machine-stop").with("name", "vm"), "other", {"stopped"});
    see_end(process);
    BOOST_TEST(contains(daemon.log(), "other: running"));
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(the_machines_of_a_pattern_come_and_go_with_their_sockets)
{
    std::filesystem::create_directory(path("monitors"));
    (void)write("machines/others.toml", "observe = '" + path("monitors") + "/*.qmp'\n");
    (void)write("machines/vm.toml", "arguments = ['-M', 'none', '-nodefaults', '-display', 'none', '-qmp', 'unix:" +
                                        path("monitors/a.qmp") + ",server=on,wait=off']\n[shutdown]\nask_guest = false\n");
    running_coqmpd daemon(*this);
    ask_until(command("machine-start").with("name", "vm"), "others.a", "running");
    ::pid_t const process = keep(process_of("vm"));
    see_states(command("machine-stop").with("name", "vm"), "others.a", {"stopped"});
    see_end(process);
    daemon.expect("STATUS=1 machine: 1 stopped");  // others.a is forgotten
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_second_daemon_for_the_same_state_ends)
{
    running_coqmpd daemon(*this);
    outcome const second = run({});
    BOOST_TEST(second.status == 3);
    BOOST_TEST(!second.log.empty());
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(daemon_reloads, coqmpd_fixture, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(a_reload_gives_the_machine_a_new_policy_and_keeps_its_connection)
{
    define("vm");
    running_coqmpd daemon(*this);
    ::pid_t const process = start("vm");
    define("vm", "[restart]\npolicy = 'always'\n");
    daemon.reload();
    boost::json::value const found = ask(command("query-machine").with("name", "vm"));  // at once: nothing is adopted
    BOOST_TEST(found.as_object().at("pid").as_int64() == process);
    BOOST_TEST(contains(daemon.log(), "vm: new settings apply now: restart"));
    (void)ask(command("machine-stop").with("name", "vm"));
    see_end(process);
}

BOOST_AUTO_TEST_CASE(a_reload_gives_the_clients_of_a_monitor_another_policy)
{
    define("vm");
    running_coqmpd daemon(*this);
    ::pid_t const process = start("vm");
    BOOST_TEST(!monitor_allows("vm", command("stop")));
    define("vm", "[monitor]\npolicy = 'operator'\n");
    daemon.reload();
    BOOST_TEST(monitor_allows("vm", command("stop")));
    BOOST_TEST(monitor_allows("vm", command("cont")));
    (void)ask(command("machine-stop").with("name", "vm"));
    see_end(process);
}

BOOST_AUTO_TEST_CASE(a_reload_applies_the_daemons_own_file_unless_it_has_a_mistake)
{
    define("vm");
    (void)write("coqmpd.toml", "[control]\nmode = '0660'\n[monitor]\npolicy = 'operator'\n");
    running_coqmpd daemon(*this);
    BOOST_TEST(mode_of(path("run/control.sock")) == 0660U);
    ::pid_t const process = start("vm");
    BOOST_TEST(monitor_allows("vm", command("stop")));
    (void)write("coqmpd.toml", "[control]\nmode = '0666'\n[monitor]\nplicy = 'all'\n");
    BOOST_TEST(
        contains(run({"--check"}).log, "coqmpd.toml:4:1: unknown key \"plicy\" in the table \"monitor\": did you mean policy?"));
    daemon.reload();
    BOOST_TEST(contains(daemon.log(), "unknown key \"plicy\""));
    BOOST_TEST(mode_of(path("run/control.sock")) == 0660U);
    BOOST_TEST(monitor_allows("vm", command("cont")));
    (void)write("coqmpd.toml", "[control]\nmode = '0640'\n");
    daemon.reload();
    BOOST_TEST(mode_of(path("run/control.sock")) == 0640U);
    BOOST_TEST(!monitor_allows("vm", command("stop")));
    (void)ask(command("machine-stop").with("name", "vm"));
    see_end(process);
}

BOOST_AUTO_TEST_CASE(a_mistake_in_its_own_file_does_not_keep_the_daemon_from_starting)
{
    (void)write("coqmpd.toml", "[control]\nmode = 0666\n");
    running_coqmpd daemon(*this);
    BOOST_TEST(mode_of(path("run/control.sock")) == 0600U);
    BOOST_TEST(contains(daemon.log(), "only root and the daemon's own user may use the control socket"));
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(a_reload_adds_and_forgets_machines)
{
    define("old");
    running_coqmpd daemon(*this);
    std::filesystem::remove(path("machines/old.toml"));
    define("new");
    daemon.reload();
    BOOST_TEST(state_of("new") == "defined");
    BOOST_TEST(contains(daemon.log(), "old: removed"));
}

BOOST_AUTO_TEST_CASE(a_machine_whose_file_is_removed_runs_until_it_is_stopped)
{
    define("vm");
    running_coqmpd daemon(*this);
    ::pid_t const process = start("vm");
    std::filesystem::remove(path("machines/vm.toml"));
    daemon.reload();
    BOOST_TEST(is_alive(process));
    BOOST_TEST(state_of("vm") == "running");
    (void)ask(command("machine-stop").with("name", "vm"));
    see_end(process);
    daemon.expect("STATUS=no machines");
}

BOOST_AUTO_TEST_CASE(a_broken_file_keeps_what_it_said_before)
{
    define("vm");
    running_coqmpd daemon(*this);
    (void)write("machines/vm.toml", "broken");
    daemon.reload();
    BOOST_TEST(state_of("vm") == "defined");
    BOOST_TEST(contains(daemon.log(), "vm.toml"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(daemon_tasks, coqmpd_fixture, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(a_check_counts_machines_and_reports_problems)
{
    define("vm");
    outcome const good = run({"--check"});
    BOOST_TEST(good.status == 0);
    BOOST_TEST(good.output == "1 machine, no problems\n");
    (void)write("machines/other.toml", "argument = []\n");
    outcome const bad = run({"--check"});
    BOOST_TEST(bad.status == 2);
    BOOST_TEST(contains(bad.log, "other.toml:1"));
    BOOST_TEST(contains(bad.log, "did you mean arguments?"));
}

BOOST_AUTO_TEST_CASE(the_status_is_a_table)
{
    define("vm");
    running_coqmpd const daemon(*this);
    outcome const found = run({"--status"});
    BOOST_TEST(found.status == 0);
    BOOST_TEST(found.output == "NAME  STATE    PID  REASON\nvm    defined  -    -\n");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_reported)
{
    define("vm");
    running_coqmpd const daemon(*this);
    for (std::string const task : {"--help", "--version", "--check", "--status"}) {
        std::vector<std::string> words = places();
        words.insert(words.end(), {"sh", "-c", R"(exec "$0" "$@" >/dev/full)", COQMPD_PROGRAM, task});
        for (std::string const& each : arguments())
            words.push_back(each);
        outcome const came = coqmp::test::run_daemon("/usr/bin/env", words);
        BOOST_TEST(came.status == 3);
        BOOST_TEST(came.log == "coqmpd: cannot write to standard output\n");
    }
}

BOOST_AUTO_TEST_CASE(in_the_c_locale_it_writes_ascii)
{
    define("vm");
    running_coqmpd const daemon(*this);
    for (char const* const task : {"--help", "--version", "--check", "--status"}) {
        std::vector<std::string> words = places();
        words.insert(words.end(), {"LC_ALL=C", "NO_COLOR=1", COQMPD_PROGRAM, task});
        for (std::string const& each : arguments())
            words.push_back(each);
        outcome const came = coqmp::test::run_daemon("/usr/bin/env", words);
        BOOST_TEST(came.status == 0);
        BOOST_TEST(came.log.empty());
        BOOST_TEST(std::ranges::all_of(came.output, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    }
}

BOOST_AUTO_TEST_CASE(without_a_daemon_the_status_fails)
{
    outcome const found = run({"--status"});
    BOOST_TEST(found.status == 3);
    BOOST_TEST(found.output.empty());
    BOOST_TEST(found.log ==
               "coqmpd: cannot connect to " + path("run/control.sock") + ": No such file or directory; is the daemon running?\n");
}

BOOST_AUTO_TEST_CASE(guests_are_shut_down_with_the_host_and_are_still_wanted)
{
    define("a");
    define("b");
    running_coqmpd daemon(*this);
    ::pid_t const first = start("a");
    ::pid_t const second = start("b");
    outcome const down = run({"--shutdown-guests", "--timeout", "60s"});
    BOOST_TEST(down.status == 0);
    see_end(first);
    see_end(second);
    boost::json::value const found = ask(command("query-machine").with("name", "a"));
    BOOST_TEST(found.as_object().at("reason").as_string() == "host-shutdown");
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_CASE(guests_are_shut_down_without_a_daemon_and_none_is_started)
{
    define("a");
    define("b");
    std::string const program = write(
        "qemu", "#!/bin/sh\n[ \"$1\" = --version ] || echo started >> " + path("starts") + "\nexec qemu-system-x86_64 \"$@\"\n");
    std::filesystem::permissions(program, std::filesystem::perms(0755));
    define("c", "[restart]\npolicy = 'always'\n", "program = '" + program + "'\n");
    ::pid_t first = 0;
    ::pid_t second = 0;
    ::pid_t third = 0;
    {
        running_coqmpd daemon(*this);
        first = start("a");
        second = start("b");
        third = start("c");
        for (char const* const each : {"a", "b", "c"})
            see_record(each);
        BOOST_TEST(daemon.stop() == 0);
    }
    std::filesystem::remove(path("machines/b.toml"));
    ::kill(third, SIGKILL);  // the daemon would start it again
    see_end(third);
    outcome const down = run({"--shutdown-guests", "--timeout", "6s"});  // without its file, the guest of b is asked in vain
    BOOST_TEST(down.status == 0);
    BOOST_TEST(contains(down.log, "b: it has no usable file"));
    see_end(first);
    see_end(second);
    BOOST_TEST(content(path("starts")) == "started\n");
}

BOOST_AUTO_TEST_CASE(without_a_daemon_and_its_state_there_is_nothing_to_shut_down)
{
    std::filesystem::remove(path("state"));
    BOOST_TEST(run({"--shutdown-guests"}).status == 0);
    BOOST_TEST(!std::filesystem::exists(path("state")));
}

BOOST_AUTO_TEST_SUITE_END()
