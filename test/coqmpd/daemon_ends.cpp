// The end of the daemon while a machine is not ready to be left, with real QEMUs.
#include "running_coqmpd.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

using namespace coqmpd::test;
using coqmp::command;
using coqmp::test::contains;

namespace {

struct fixture : coqmpd_fixture
{
    /// Writes the file of a machine whose QEMU begins when it is told to.
    void define_slow(std::string const& machine) const
    {
        BOOST_REQUIRE(::mkfifo(path("fifo").c_str(), 0600) == 0);
        std::string const program =
            write("slow", "#!/bin/sh\nread -r line <'" + path("fifo") + "'\nexec qemu-system-x86_64 \"$@\"\n");
        BOOST_REQUIRE(::chmod(program.c_str(), 0700) == 0);
        (void)write(("machines/" + machine + ".toml").c_str(),
                    "program = '" + program +
                        "'\narguments = ['-M', 'none', '-nodefaults', '-display', 'none']\n[shutdown]\nask_guest = false\n");
    }
    /// Waits until the slow program asks, and lets it begin.
    void let_begin() const { std::ofstream(path("fifo")) << "now\n"; }

    void stop(::pid_t process, std::string const& machine)
    {
        (void)ask(command("machine-stop").with("name", machine));
        see_end(process);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(daemon_ends, fixture, *boost::unit_test::timeout(250))

BOOST_AUTO_TEST_CASE(all_machines_stay_supervised_while_one_is_being_started)
{
    define("vm");
    define_slow("slow");
    ::pid_t process = 0;
    {
        running_coqmpd daemon(*this);
        process = start("vm");
        ask_until(command("machine-start").with("name", "slow"), "slow", "starting");
        daemon.signal(SIGTERM);
        daemon.expect("STOPPING=1");
        BOOST_TEST(process_of("vm") == process);
        BOOST_TEST(state_of("slow") == "starting");
        let_begin();
        BOOST_TEST(daemon.wait() == 0);
        BOOST_TEST(contains(daemon.log(), "the machines go on running"));
    }
    BOOST_TEST(is_alive(process));
    running_coqmpd daemon(*this);
    BOOST_TEST(process_of("vm") == process);
    ::pid_t const slow = keep(process_of("slow"));
    stop(process, "vm");
    stop(slow, "slow");
}

BOOST_AUTO_TEST_CASE(a_machine_that_its_operator_stops_is_not_waited_for)
{
    define_guest("vm", coqmp::test::idle, "[shutdown]\nbudget = '4s'\n");
    ::pid_t process = 0;
    {
        running_coqmpd daemon(*this);
        process = start("vm");
        see_record("vm");
        ask_until(command("machine-stop").with("name", "vm").with("wait", false), "vm", "stopping");
        BOOST_TEST(daemon.stop() == 0);
    }
    running_coqmpd daemon(*this);
    see_end(process);
    BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
