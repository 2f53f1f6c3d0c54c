// The human monitor's language: in scripts and at a terminal, on machines with CPUs and without.
#include "script.hpp"
#include "support/real_qemu.hpp"
#include "terminal.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <string>
#include <vector>

using coqmp::test::real_qemu;
using namespace qmp_shell::test;

namespace {

struct no_processor
{
    real_qemu qemu;
    std::string const address = qemu.monitor().path();
};

struct some_devices
{
    real_qemu qemu{{"-M", "q35", "-nodefaults", "-display", "none", "-S", "-device", "virtio-scsi-pci,id=scsi0", "-object",
                    "iothread,id=thread0", "-blockdev", "null-co,node-name=disk0"}};
    std::string const address = qemu.monitor().path();
};

struct two_processors
{
    real_qemu qemu{{"-M", "q35", "-nodefaults", "-display", "none", "-S", "-smp", "2", "-accel", "tcg"}};
    std::string const address = qemu.monitor().path();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(human_monitor_without_a_processor, no_processor)

BOOST_AUTO_TEST_CASE(lines_are_answered_with_text)
{
    outcome const came = run({"-H", address, "-c", "info status"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(came.output == "VM status: paused (prelaunch)\n");
}

BOOST_AUTO_TEST_CASE(no_cpu_is_named_until_one_is_chosen)
{
    outcome const came = run({"-H", "--keep-going", address, "-c", ":trace on", "-c", "info status", "-c", "cpu", "-c", "cpu 0",
                              "-c", "info status", "-c", "cpu x"});
    BOOST_TEST(!contains(came.errors.substr(0, came.errors.find("<-")), "cpu-index"));
    BOOST_TEST(contains(came.output, "no CPU was chosen"));
    BOOST_TEST(contains(came.errors, "command 4: cpu: "));  // there is none
    BOOST_TEST(contains(came.errors, "takes the number of a CPU"));
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.output.ends_with("VM status: paused (prelaunch)\n"));
}

BOOST_AUTO_TEST_CASE(what_sounds_like_an_error_is_one)
{
    outcome const came = run({"-H", address, "-c", "device_del nothing", "-c", "info status"});
    BOOST_TEST(came.status == 1);
    BOOST_TEST(came.output == "");
    BOOST_TEST(contains(came.errors, "Error: "));
}

BOOST_AUTO_TEST_CASE(a_line_that_the_human_monitor_cannot_read_has_failed)
{
    for (std::string const line : {"sendkey", "sendkey ret x y", "device_del", "migrate -x", "memsave 0x 1 file",
                                   "sendkey nonsense", "commit nothing", "drive_add 0 file=/nonexistent"}) {
        BOOST_TEST_CONTEXT(line)
        {
            outcome const came = run({"-H", address, "-c", line, "-c", "info status"});
            BOOST_TEST(came.status == 1);
            BOOST_TEST(came.output == "");
            BOOST_TEST(came.errors.starts_with("qmp-shell: command 1: "));
        }
    }
    BOOST_TEST(contains(run({"-H", address, "-c", "sendkey"}).errors, "Try \"help sendkey\" for more information\n"));
}

BOOST_AUTO_TEST_CASE(a_command_of_qmps_is_told_to_be_one)
{
    BOOST_TEST(run({"-H", address, "-c", "query-status"}).errors ==
               "qmp-shell: unknown command: 'query-status'; QMP has it: leave :hmp out, or -H\n");
    BOOST_TEST(run({"-H", address, "-c", "nonsense"}).errors == "qmp-shell: unknown command: 'nonsense'\n");
    BOOST_TEST(run({"-H", address, "-c", "devce_del x"}).errors ==
               "qmp-shell: unknown command: 'devce_del' (did you mean device_del?)\n");
    outcome const unmarked = run({"-H", address, "-c", "info registers"});  // QEMU's text does not begin with "Error: "
    BOOST_TEST(unmarked.status == 1);
    BOOST_TEST(unmarked.errors == "qmp-shell: No CPU available\n");
}

BOOST_AUTO_TEST_CASE(meta_commands_work_there_too)
{
    outcome const came = run({"-H", address, "-c", ":schema query-status"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(run({address, "-c", ":hmp info status"}).output, "VM status"));
}

BOOST_AUTO_TEST_CASE(quit_ends_qemu_and_succeeds)
{
    BOOST_TEST(run({"-H", address, "-c", "quit"}).status == 0);
    BOOST_TEST(qemu.wait() == 0);
}

BOOST_AUTO_TEST_CASE(commands_and_subjects_are_completed)
{
    terminal shell({"-H", address}, qemu.directory());
    shell.expect_line("(qemu)");
    shell.type("system_res");
    shell.type(tab);
    shell.expect_line("(qemu) system_reset");
    shell.type(control_c);
    shell.expect_line("(qemu)");
    shell.type("info stat");
    shell.type(tab);
    shell.expect("show the current VM status");
    shell.expect_line("(qemu) info stat");
    shell.type("us\r");
    shell.expect("VM status: paused");
    shell.expect_line("(qemu)");
    shell.type(control_d);
    BOOST_TEST(shell.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(human_monitor_with_devices, some_devices)

BOOST_AUTO_TEST_CASE(names_and_properties_are_completed_as_qemus_own_monitor_does)
{
    terminal shell({"-H", address}, qemu.directory());
    shell.expect_line("(qemu)");
    shell.type("object_del thr");
    shell.type(tab);
    shell.expect_line("(qemu) object_del thread0");
    shell.type(control_c);
    shell.expect_line("(qemu)");
    shell.type("device_add scsi-h");
    shell.type(tab);
    shell.expect_line("(qemu) device_add scsi-hd");
    shell.type(",driv");
    shell.type(tab);
    shell.expect_line("(qemu) device_add scsi-hd,drive=");
    shell.type("di");
    shell.type(tab);
    shell.expect_line("(qemu) device_add scsi-hd,drive=disk0");
    shell.type(",id=added\r");
    shell.expect_line("(qemu)");
    shell.type("qom-get /machine/peripheral/add");
    shell.type(tab);
    shell.type(" hotplugga");
    shell.type(tab);
    shell.expect_line("(qemu) qom-get /machine/peripheral/added hotpluggable");
}

// QEMU's quotes are others than ours.
BOOST_AUTO_TEST_CASE(a_file_whose_name_has_a_blank_is_not_completed)
{
    std::ofstream(qemu.directory() / "a disk.img");
    std::ofstream(qemu.directory() / "another.img");
    terminal shell({"-H", address}, qemu.directory());
    shell.expect_line("(qemu)");
    shell.type("drive_mirror disk0 " + (qemu.directory() / "a").native());
    shell.type(tab);
    shell.expect_line("(qemu) drive_mirror disk0 " + (qemu.directory() / "another.img").native());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(human_monitor_with_processors, two_processors)

BOOST_AUTO_TEST_CASE(a_processor_can_be_chosen)
{
    terminal shell({"-H", address}, qemu.directory());
    shell.expect_line("(qemu)");
    shell.type("cpu 1\r");
    shell.expect_line("(qemu, CPU 1)");
    shell.type("info cpus\r");
    shell.expect("* CPU #1");
    shell.type("cpu 7\r");
    shell.expect("cpu: ");
    shell.expect_line("(qemu, CPU 1)");
}

BOOST_AUTO_TEST_SUITE_END()
