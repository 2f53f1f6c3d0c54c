// `:wait-event`, in scripts and at a terminal, and the time that a wait may take.
#include "qemu_fixture.hpp"
#include "script.hpp"
#include "support/real_qemu.hpp"
#include "support/temporary_directory.hpp"
#include "terminal.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <string>
#include <vector>

namespace json = boost::json;
using coqmp::test::real_qemu;
using namespace qmp_shell::test;

namespace {

/// A machine with two disks that can be pulled out.
struct machine_with_disks
{
    real_qemu qemu{{"-M", "q35", "-nodefaults", "-display", "none", "-S", "-accel", "tcg", "-device", "virtio-scsi-pci,id=scsi0",
                    "-blockdev", "driver=null-co,node-name=n0,size=1048576", "-blockdev",
                    "driver=null-co,node-name=n1,size=1048576", "-device", "scsi-hd,id=hd0,drive=n0", "-device",
                    "scsi-hd,id=hd1,drive=n1"}};
    std::string const address = qemu.monitor().path();
};

/// A shell that waits for its next line, while other things happen through a second monitor.
struct storm_fixture
{
    coqmp::test::temporary_directory directory;
    std::string const other = (directory.path() / "other").native();
    std::string const log = (directory.path() / "log").native();
    real_qemu qemu{with_other_monitor()};
    script shell{{"-l", log, qemu.monitor().path()}};

    storm_fixture()
    {
        shell.write("query-status\n");
        shell.expect("prelaunch");
    }

    [[nodiscard]] std::vector<std::string> with_other_monitor() const
    {
        std::vector<std::string> result = real_qemu::no_machine();
        result.insert(result.end(), {"-qmp", "unix:" + other + ",server=on,wait=off"});
        return result;
    }

    /// Waits until the shell has read so many events.
    void await_events(std::size_t count) const
    {
        wait_for_files(directory.path(), [&] { return times(content(log), "\"event\"") >= count; });
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(events_of_devices, machine_with_disks)

BOOST_AUTO_TEST_CASE(an_event_that_comes_before_the_wait_for_it_is_not_missed)
{
    outcome const came =
        run({address, "-c", "device_del id=hd0", "-c", ":wait-event DEVICE_DELETED device=hd0 --timeout 60", "-c", "query-name"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
    std::size_t const end = came.output.find('\n', 3);
    json::value const told = json::parse(came.output.substr(3, end - 3));
    BOOST_TEST(told.at("event").as_string() == "DEVICE_DELETED");
    BOOST_TEST(told.at("data").at("device").as_string() == "hd0");
    BOOST_TEST(told.at("timestamp").at("seconds").as_int64() > 0);
}

BOOST_AUTO_TEST_CASE(an_event_of_another_device_is_not_the_one)
{
    outcome const came = run({address, "-c", "device_del id=hd0", "-c", ":wait-event DEVICE_DELETED device=hd1 --timeout 0"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.errors == "qmp-shell: command 2: no event DEVICE_DELETED of that kind came within 0 s\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(events_that_are_awaited, qemu_fixture)

BOOST_AUTO_TEST_CASE(the_last_events_can_be_waited_for_when_qemu_has_gone)
{
    outcome const came = ask({"-c", "quit", "-c", ":wait-event SHUTDOWN", "-c", ":wait-event SHUTDOWN", "-c", "query-status"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(contains(came.output, R"("event": "SHUTDOWN")"));
    BOOST_TEST(came.errors == "qmp-shell: command 3: no event SHUTDOWN came before QEMU closed the connection\n");
}

BOOST_AUTO_TEST_CASE(waiting_for_the_end_after_quit_succeeds)
{
    outcome const came = ask({}, "quit\n:wait-event SHUTDOWN --timeout 60\n");
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.errors == "");
    BOOST_TEST(contains(came.output, R"("event": "SHUTDOWN")"));
}

BOOST_AUTO_TEST_CASE(an_event_counts_once_and_until_the_next_command)
{
    BOOST_TEST(ask({"-c", "cont", "-c", ":wait-event RESUME --timeout 60", "-c", ":wait-event RESUME --timeout 0"}).status == 1);
    BOOST_TEST(ask({"-c", "stop", "-c", ":trace off", "-c", ":wait-event STOP --timeout 60"}).status == 0);
    BOOST_TEST(ask({"-c", "cont", "-c", "query-name", "-c", ":wait-event RESUME --timeout 0"}).status == 1);
    BOOST_TEST(ask({"-H", "-c", "stop", "-c", ":wait-event STOP --timeout 60"}).status == 0);
}

BOOST_AUTO_TEST_CASE(an_event_that_does_not_come_in_time_is_one_line_and_a_failure)
{
    outcome const came = ask({"-c", ":wait-event RESUME --timeout 0.01"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.output == "");
    BOOST_TEST(came.errors == "qmp-shell: no event RESUME came within 0.01 s\n");
}

BOOST_FIXTURE_TEST_CASE(an_event_is_found_after_a_storm_of_others, storm_fixture)
{
    std::string storm = "system_powerdown\n";
    for (int round = 0; round < 520; ++round)
        storm += "cont\nstop\n";
    BOOST_REQUIRE(run({other, "--keep-going"}, storm).status == 0);
    await_events(1041);
    shell.write(":wait-event POWERDOWN --timeout 0\n");
    outcome const came = shell.finish();
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.output, "{\"event\": \"POWERDOWN\""));
    BOOST_TEST(came.errors == "");
}

BOOST_FIXTURE_TEST_CASE(an_event_that_may_have_been_dropped_in_a_storm_is_reported, storm_fixture)
{
    auto const job = [](std::string const& name) {
        return "blockdev-create job-id=" + name + " options={'driver':'file','filename':'/nonexistent/x','size':0}\n:wait " +
               name + "\njob-dismiss id=" + name + '\n';
    };
    std::string storm = job("first");
    for (int round = 0; round < 250; ++round)
        storm += job("other");
    (void)run({other, "--keep-going"}, storm);
    await_events(1250);
    shell.write(":wait-event JOB_STATUS_CHANGE id=first --timeout 0\n");
    outcome const came = shell.finish();
    BOOST_TEST(came.status == 1);
    BOOST_TEST(contains(came.errors, "events that match JOB_STATUS_CHANGE were dropped"));
    BOOST_TEST(contains(came.errors, "no event JOB_STATUS_CHANGE of that kind came within 0 s\n"));
}

BOOST_FIXTURE_TEST_CASE(what_was_forgotten_does_not_concern_other_waits, storm_fixture)
{
    std::string storm;
    for (int round = 0; round < 520; ++round)
        storm += "cont\nstop\n";
    BOOST_REQUIRE(run({other}, storm).status == 0);
    await_events(1040);
    shell.write(":wait-event POWERDOWN --timeout 0\n");
    BOOST_TEST(shell.finish().errors == "qmp-shell: line 2: no event POWERDOWN came within 0 s\n");
}

BOOST_AUTO_TEST_CASE(a_wait_for_no_event_is_refused_where_the_mistake_is)
{
    BOOST_TEST(ask({"-c", ":wait-event"}).status == 2);
    outcome const name = ask({"-c", "  :wait-event  RESUM"});
    BOOST_TEST(name.status == 2);
    BOOST_TEST(name.errors ==
               "qmp-shell: column 16: no event matches RESUM (did you mean RESUME or RESET?)\n"
               "    :wait-event  RESUM\n"
               "                 ^\n");
    BOOST_TEST(contains(ask({"-c", ":wait-event SHUTDOWN --timeout x"}).errors, "column 32: "));
    BOOST_TEST(contains(ask({"-c", ":wait x --timeout"}).errors, "column 9: "));
}

BOOST_AUTO_TEST_CASE(the_end_of_qemu_ends_the_wait)
{
    script shell({address});
    shell.write("query-status\n:trace on\n:wait-event RESUME\n");
    shell.expect("<- {\"return\": [{");  // the schema has been asked for: it waits
    qemu.signal(SIGKILL);
    BOOST_TEST(shell.wait().status == 3);
}

BOOST_AUTO_TEST_CASE(who_waits_for_the_end_of_qemu_is_not_surprised_by_it)
{
    script shell({address});
    shell.write("query-status\n:trace on\n:wait-event SHUTDOWN\n");
    shell.expect("<- {\"return\": [{");
    shell.end_of_input();
    qemu.signal(SIGTERM);
    outcome const came = shell.wait();
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.output, "{\"event\": \"SHUTDOWN\""));
    BOOST_TEST(!contains(came.errors, "qmp-shell: "));  // as each complaint begins
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_the_wait)
{
    script shell({address});
    shell.write("query-status\n:trace on\n:wait-event RESUME\n");
    shell.expect("<- {\"return\": [{");
    shell.signal(SIGINT);
    BOOST_TEST(shell.wait().signal == SIGINT);
}

BOOST_AUTO_TEST_CASE(events_and_their_data_are_completed)
{
    terminal shell({address}, qemu.directory());
    shell.expect_line("(QEMU)");
    shell.type(":wait-event SHUTD");
    shell.type(tab);
    shell.expect_line("(QEMU) :wait-event SHUTDOWN");
    shell.type("rea");
    shell.type(tab);
    shell.expect_line("(QEMU) :wait-event SHUTDOWN reason=");
    shell.type("guest-sh");
    shell.type(tab);
    shell.expect_line("(QEMU) :wait-event SHUTDOWN reason=guest-shutdown");
    shell.type("--t");
    shell.type(tab);
    shell.expect_line("(QEMU) :wait-event SHUTDOWN reason=guest-shutdown --timeout");
    shell.type("0\r");
    shell.expect("no event SHUTDOWN of that kind came within 0 s");
}

BOOST_AUTO_TEST_SUITE_END()
