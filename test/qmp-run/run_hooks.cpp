// Hooks of a machine, with a real QEMU.
#include "running_machine.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>

#include <string>

using namespace qmp_run::test;
using namespace coqmp::test;

namespace {

struct hook_fixture : run_fixture
{
    /// Writes a hook that is a shell script. @return its path
    [[nodiscard]] std::string hook(char const* name, std::string const& text) const
    {
        std::string file = write(name, "#!/bin/sh\n" + text + '\n');
        BOOST_REQUIRE(::chmod(file.c_str(), 0700) == 0);
        return file;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(run_hooks, hook_fixture, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(each_hook_is_run_at_each_change_and_is_over_before_qmp_run_ends)
{
    std::string const record = hook("record", "exec cat >>" + path("record.log"));
    std::string const say = hook("say", "echo \"$COQMP_MACHINE is $COQMP_STATE $COQMP_REASON\"");
    outcome const came = run_machine(running({"--name", "vm1", "--hook", record, "--hook", say}, power_off));
    BOOST_TEST(came.status == 0, came.log);
    std::string const recorded = content(path("record.log"));
    BOOST_TEST(contains(recorded, R"({"machine":"vm1","state":"starting","reason":"by-operator"})"), recorded);
    BOOST_TEST(recorded.ends_with("{\"machine\":\"vm1\",\"state\":\"stopped\",\"reason\":\"guest-shutdown\"}\n"), recorded);
    BOOST_TEST(contains(came.log, "vm1 is stopped guest-shutdown"), came.log);
}

BOOST_AUTO_TEST_CASE(a_hook_that_prints_much_does_not_hide_why_the_machine_ended)
{
    std::string const chatty = hook("chatty",
                                    "for n in 1 2 3 4 5; do echo 1; echo 2; echo 3; echo 4; echo 5; "
                                    "echo 6; echo 7; echo 8; echo 9; echo 10; done");
    outcome const came = run_machine(running({"--hook", chatty}, panic, "-device", "pvpanic"));
    BOOST_TEST(contains(came.log, "QEMU has ended: the guest panicked"), came.log);
}

BOOST_AUTO_TEST_CASE(a_hook_that_fails_changes_nothing)
{
    outcome const came =
        run_machine(running({"--hook", "/nowhere/hook", "--hook", hook("fail", "exit 4")}, panic, "-device", "pvpanic"));
    BOOST_TEST(came.status == 81, came.log);
    BOOST_TEST(contains(came.log, "the hook /nowhere/hook could not be started: No such file or directory"), came.log);
    BOOST_TEST(contains(came.log, "fail exited with status 4"), came.log);
}

BOOST_AUTO_TEST_CASE(two_signals_end_the_wait_for_a_hook_and_not_the_reason)
{
    running_machine machine(running({"--hook", hook("hang", "exec sleep 1000")}, panic, "-device", "pvpanic"));
    machine.expect("STATUS=QEMU has ended");
    machine.expect("EXTEND_TIMEOUT_USEC=");
    machine.signal(SIGTERM);
    machine.expect_in_log("received a signal");
    machine.signal(SIGINT);
    BOOST_TEST(machine.wait() == 81);
}

BOOST_AUTO_TEST_SUITE_END()
