// Disks and network cards are added to a running machine, as an operator does it, typed and completed.
#include "script.hpp"
#include "support/real_qemu.hpp"
#include "terminal.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using coqmp::test::real_qemu;
using namespace qmp_shell::test;

namespace {

/// A machine with room for devices, whose name is an attack on a terminal.
struct machine_with_slots
{
    real_qemu qemu{{"-M", "q35", "-nodefaults", "-display", "none", "-S", "-accel", "tcg", "-name", "evil\x1B[2Jname", "-device",
                    "virtio-scsi-pci,id=scsi0", "-device", "pcie-root-port,id=port0", "-blockdev",
                    "driver=null-co,node-name=disk0,size=1048576"}};
    std::string const address = qemu.monitor().path();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(devices, machine_with_slots)

BOOST_AUTO_TEST_CASE(a_devices_properties_get_the_types_that_they_have)
{
    outcome const came = run({"-v", address, "-c", "netdev_add type=user id=n0", "-c",
                              "device_add driver=virtio-net-pci id=nic netdev=n0 mq=on bootindex=1 bus=port0", "-c",
                              "device_add driver=scsi-hd drive=disk0 serial=007 bus=scsi0.0", "-c",
                              "qom-get path=/machine/peripheral/nic property=mq"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.errors, "\"mq\": true"));
    BOOST_TEST(contains(came.errors, "\"serial\": \"007\""));
    BOOST_TEST(contains(came.errors, "\"bootindex\": 1"));
    BOOST_TEST(came.output.ends_with("true\n"));
}

BOOST_AUTO_TEST_CASE(drivers_properties_and_nodes_are_completed)
{
    terminal shell({address}, qemu.directory());
    shell.expect_line("(QEMU)");
    shell.type("device_add driver=scsi-h");
    shell.type(tab);
    shell.expect_line("(QEMU) device_add driver=scsi-hd");
    shell.type("seri");
    shell.type(tab);
    shell.expect_line("(QEMU) device_add driver=scsi-hd serial=");
    shell.type("S1 drive=d");
    shell.type(tab);
    shell.expect_line("(QEMU) device_add driver=scsi-hd serial=S1 drive=disk0");
    shell.type("id=hd0 bus=");
    shell.type(tab);  // the only bus for a SCSI disk
    shell.expect_line("(QEMU) device_add driver=scsi-hd serial=S1 drive=disk0 id=hd0 bus=scsi0.0");
    shell.type(enter);
    shell.expect("{}");
    shell.expect_line("(QEMU)");
    shell.type("device_del id=hd");
    shell.type(tab);
    shell.expect_line("(QEMU) device_del id=hd0");
    shell.type(enter);
    shell.expect("DEVICE_DELETED");
}

BOOST_AUTO_TEST_CASE(a_value_set_in_the_shell_is_of_the_type_that_its_property_has)
{
    outcome const came = run(
        {address, "-v", "-c", "object-add qom-type=iothread id=io", "-c",
         "qom-set path=/objects/io property=poll-max-ns value=2k", "-c", "qom-get path=/objects/io property=poll-max-ns", "-c",
         "qom-set path=/machine property=graphics value=off", "-c", "qom-set path=/machine property=firmware value=007"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.output, "2048\n"));
    BOOST_TEST(contains(came.errors, "\"value\": false"));
    BOOST_TEST(contains(came.errors, "\"value\": \"007\""));
    // QEMU explains why a value is not of that type.
    BOOST_TEST(run({address, "-c", "qom-set path=/machine property=graphics value=perhaps"}).status == 1);
}

BOOST_AUTO_TEST_CASE(properties_are_listed_with_their_types_if_there_are_many_too)
{
    terminal shell({address}, qemu.directory());
    shell.expect_line("(QEMU)");
    shell.type("device_add driver=scsi-hd ");
    shell.type(tab);
    shell.expect("physical_block_size=");
    shell.expect([](screen_model const& screen) { return contains(screen.text(), "uint32") && contains(screen.text(), "bool"); },
                 "types");
}

BOOST_AUTO_TEST_CASE(only_what_can_be_removed_is_offered_for_removal)
{
    terminal shell({address}, qemu.directory());
    shell.expect_line("(QEMU)");
    shell.type("device_add driver=scsi-hd drive=disk0 id=disk bus=scsi0.0\r");
    shell.expect("{}");
    shell.expect_line("(QEMU)");
    shell.type("device_del id=");
    shell.type(tab);  // neither scsi0 nor port0, which the machine was started with
    shell.expect_line("(QEMU) device_del id=disk");
    shell.type(
        "\x15"
        "eject id=sc");
    shell.type(tab);
    shell.expect_line("(QEMU) eject id=scsi0");
}

BOOST_AUTO_TEST_CASE(drivers_that_only_a_machine_makes_are_not_offered)
{
    terminal shell({address}, qemu.directory());
    shell.expect_line("(QEMU)");
    shell.type("device_add driver=q35-pc");  // q35-pcihost
    shell.type(tab);
    shell.type(tab);
    shell.type("\x15query-name\r");
    shell.expect("evil");
    BOOST_TEST(!contains(shell.screen().text(), "q35-pcihost"));
}

BOOST_AUTO_TEST_CASE(files_bitmaps_and_exports_are_completed)
{
    std::string const socket = qemu.directory() / "nbd";
    BOOST_TEST(run({address, "-c", "block-dirty-bitmap-add node=disk0 name=changes", "-c",
                    "nbd-server-start addr.type=unix addr.data.path=" + socket, "-c",
                    "block-export-add id=export0 type=nbd node-name=disk0"})
                   .status == 0);
    std::filesystem::create_directory(qemu.directory() / "my images");
    std::ofstream(qemu.directory() / "my images" / "one.img") << "";
    terminal shell({address}, qemu.directory());
    shell.expect_line("(QEMU)");
    shell.type("block-dirty-bitmap-clear node=disk0 name=");
    shell.type(tab);
    shell.expect_line("(QEMU) block-dirty-bitmap-clear node=disk0 name=changes");
    shell.type(
        "\x15"
        "block-export-del id=e");
    shell.type(tab);
    shell.expect_line("(QEMU) block-export-del id=export0");
    std::string const directory = qemu.directory().native();
    shell.type(
        "\x15"
        "blockdev-add driver=file filename=" +
        directory + "/my");
    shell.type(tab);
    shell.expect_line("(QEMU) blockdev-add driver=file filename=\"" + directory + "/my images/");
    shell.type(tab);
    shell.expect_line("(QEMU) blockdev-add driver=file filename=\"" + directory + "/my images/one.img\"");
    shell.type(
        "\x15"
        "--fd a=" +
        directory + "/nb");
    shell.type(tab);
    shell.expect_line("(QEMU) --fd a=" + socket);
}

BOOST_AUTO_TEST_CASE(what_stands_in_braces_is_completed)
{
    terminal shell({address}, qemu.directory());
    shell.expect_line("(QEMU)");
    shell.type("blockdev-add {\"dri");
    shell.type(tab);
    shell.expect_line("(QEMU) blockdev-add {\"driver\":");
    shell.type("\"null-c");
    shell.type(tab);
    shell.expect_line("(QEMU) blockdev-add {\"driver\": \"null-co\"");
    shell.type(", 'node-name': 'n0', 'size': 4096}\r");
    shell.expect("{}");
    shell.expect_line("(QEMU)");
    shell.type("{\"execute\": \"blockdev-del\", \"arguments\": {\r");
    shell.expect_line("  ...>");
    shell.type("\"node-name\": \"n");
    shell.type(tab);
    shell.expect_line("  ...> \"node-name\": \"n0\"");
    shell.type("}}\r");
    shell.expect("{}");
}

BOOST_AUTO_TEST_CASE(a_text_of_qemus_does_not_steer_the_terminal)
{
    outcome const json = run({address, "-c", "query-name"});
    BOOST_TEST(!contains(json.output, "\x1B"));
    BOOST_TEST(contains(json.output, "\\u001b[2Jname"));
    outcome const text = run({"-H", address, "-c", "info name"});
    BOOST_TEST(text.output == "evil[2Jname\n");
    terminal shell({"-H", address}, qemu.directory());
    shell.expect_line("(qemu)");
    shell.type("info name\r");
    shell.expect("evil[2Jname");
}

BOOST_AUTO_TEST_CASE(several_actions_happen_together)
{
    outcome const came =
        run({address},
            "transaction(\nblock-dirty-bitmap-add node=disk0 name=b0\nblock-dirty-bitmap-add node=disk0 name=b1\n)\n"
            "query-named-block-nodes\n");
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.output, "\"b0\""));
    BOOST_TEST(contains(came.output, "\"b1\""));
}

BOOST_AUTO_TEST_SUITE_END()
