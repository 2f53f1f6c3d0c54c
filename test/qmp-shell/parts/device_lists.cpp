// Devices and buses in HMP's texts.
#include "qemu/device_lists.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace qmp_shell;

BOOST_AUTO_TEST_SUITE(lists_of_devices)

BOOST_AUTO_TEST_CASE(buses_have_their_types)
{
    auto const found = buses_in(
        "bus: main-system-bus\n  type System\n  dev: q35-pcihost, id \"\"\n    bus: pcie.0\r\n"
        "      type PCIE\n      dev: x, id \"bus: y\"\n        type = 5\n    bus: odd\nbus: last");
    BOOST_TEST_REQUIRE(found.size() == 4U);
    BOOST_TEST(found[0].name == "main-system-bus");
    BOOST_TEST(found[0].type == "System");
    BOOST_TEST(found[1].name == "pcie.0");
    BOOST_TEST(found[1].type == "PCIE");
    BOOST_TEST(found[2].name == "odd");
    BOOST_TEST(found[2].type == "");
    BOOST_TEST(found[3].name == "last");
    BOOST_TEST(buses_in("Error: no").empty());
}

BOOST_AUTO_TEST_CASE(drivers_have_their_buses_and_only_what_users_may_add_is_listed)
{
    auto const found = drivers_in(
        "Storage devices:\nname \"scsi-hd\", bus SCSI, desc \"virtual SCSI disk\"\nname \"mch\", bus PCI, no-user\n"
        "name \"loader\", desc \"Generic Loader\"\r\nname \"x\"\nname \"");
    BOOST_TEST_REQUIRE(found.size() == 4U);
    BOOST_TEST(found[0].name == "scsi-hd");
    BOOST_TEST(found[0].bus == "SCSI");
    BOOST_TEST(found[0].purpose == "virtual SCSI disk");
    BOOST_TEST(found[1].name == "loader");
    BOOST_TEST(found[1].bus == "");
    BOOST_TEST(found[1].purpose == "Generic Loader");
    BOOST_TEST(found[2].name == "x");
}

BOOST_AUTO_TEST_SUITE_END()
