// What the signals to qmp-run do, with a real QEMU.
#include "running_machine.hpp"

#include <coqmp/descriptor.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

using namespace qmp_run::test;
using namespace coqmp::test;

namespace {

/// A FIFO to which a guest writes when it is ready.
class guest_console
{
public:
    explicit guest_console(std::string const& path)
    {
        BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        reader_ = coqmp::descriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    }

    void await_guest() const
    {
        char ready = 0;
        BOOST_REQUIRE(::read(reader_.number(), &ready, 1) == 1);
        BOOST_TEST(ready == 'r');
    }

    /// Whether its power button was pressed. Call it when QEMU has ended.
    bool was_asked() const { return has_written('p'); }
    /// Whether it has finished its crash dump. The same.
    bool has_dumped() const { return has_written('d'); }

private:
    bool has_written(char expected) const
    {
        ::pollfd waiting{reader_.number(), POLLIN, 0};
        char written = 0;
        return ::poll(&waiting, 1, 0) == 1 && ::read(reader_.number(), &written, 1) == 1 && written == expected;
    }

    coqmp::descriptor reader_{-1};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stops, run_fixture, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(sigterm_asks_the_guest)
{
    guest_console const console(path("console"));
    running_machine machine(running({"--timeout", "0s"}, power_button, "-debugcon", "file:" + path("console")));
    console.await_guest();
    machine.expect_ready();
    BOOST_TEST(machine.stop() == 0);
    BOOST_TEST(console.was_asked());
}

BOOST_AUTO_TEST_CASE(a_guest_that_crashes_while_it_shuts_down_may_finish_its_dump)
{
    guest_console const console(path("console"));
    std::string const output = "file:" + path("console");
    running_machine machine(running({"--timeout", "6s"}, crash_on_power_button, "-device", "pvpanic", "-debugcon", output));
    console.await_guest();
    machine.expect_ready();
    machine.signal(SIGTERM);
    machine.expect("EXTEND_TIMEOUT_USEC=");
    machine.expect("EXTEND_TIMEOUT_USEC=30000000");  // more than the whole timeout
    machine.expect("STATUS=Shutting down: asked by the operator; a crash dump is being written");
    BOOST_TEST(machine.wait() == 0);
    BOOST_TEST(console.has_dumped());
}

BOOST_AUTO_TEST_CASE(a_guest_that_ignores_its_power_button_is_ended_within_the_timeout)
{
    running_machine machine(running({"--timeout", "1s"}, idle));
    machine.expect_ready();
    ::pid_t const process = qemu();
    BOOST_TEST(machine.stop() == 0);
    BOOST_TEST(::kill(process, 0) != 0);
}

BOOST_AUTO_TEST_CASE(sigint_after_another_signal_kills_qemu)
{
    running_machine machine(running({"--timeout", "0s"}, idle));
    machine.expect_ready();
    machine.signal(SIGTERM);
    machine.expect("STOPPING=1");
    machine.signal(SIGINT);
    BOOST_TEST(machine.wait() == 0);
    BOOST_TEST(contains(machine.log(), "received another signal: killing QEMU"), machine.log());
}

BOOST_AUTO_TEST_CASE(a_repeated_request_is_not_urgent)
{
    running_machine machine(running({"--timeout", "2s"}, idle));
    machine.expect_ready();
    machine.signal(SIGHUP);
    machine.expect_in_log("received a signal");
    machine.signal(SIGHUP);
    machine.signal(SIGTERM);
    BOOST_TEST(machine.wait() == 0);
    BOOST_TEST(!contains(machine.log(), "killing QEMU"), machine.log());
}

BOOST_AUTO_TEST_CASE(each_of_three_signals_ends_a_qemu_that_is_not_ready)
{
    for (int const number : {SIGTERM, SIGINT, SIGHUP}) {
        running_machine machine(script("exec sleep 1000"));
        machine.expect("STATUS=Starting QEMU");
        machine.signal(number);
        BOOST_TEST(machine.wait() == 0);
    }
}

BOOST_AUTO_TEST_CASE(sighup_stays_ignored_under_nohup)
{
    std::vector<std::string> words{"-c", "trap '' HUP; exec \"$@\"", "sh", QMP_RUN_PROGRAM};
    for (std::string const& each : running({}, idle))
        words.push_back(each);
    running_daemon machine("/bin/sh", words);
    machine.expect_ready();
    machine.signal(SIGHUP);
    ::kill(qemu(), SIGTERM);
    BOOST_TEST(machine.wait() == 83);
}

BOOST_AUTO_TEST_CASE(qemu_does_not_outlive_a_qmp_run_that_is_killed)
{
    running_machine machine(running({}, idle));
    machine.expect_ready();
    ::pid_t const process = qemu();
    machine.signal(SIGKILL);
    machine.wait();
    wait_for_end(process);
}

BOOST_AUTO_TEST_SUITE_END()
