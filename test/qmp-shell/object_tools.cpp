// qom-list, qom-get, qom-set, qom-tree.
#include "script.hpp"
#include "support/real_qemu.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using coqmp::test::real_qemu;
using namespace qmp_shell::test;

namespace {

struct q35
{
    real_qemu qemu{{"-M", "q35", "-nodefaults", "-display", "none", "-S", "-accel", "tcg", "-device",
                    "virtio-balloon,id=balloon0", "-object", "throttle-group,id=group0"}};
    std::string const address = qemu.monitor().path();
    std::vector<std::string> const settings{"QMP_SOCKET=" + address};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(object_tools, q35)

BOOST_AUTO_TEST_CASE(an_object_is_listed_as_the_old_tool_did)
{
    outcome const came = run({"qom-list", "-s", address, "/machine"});
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.output, "peripheral/\n"));
    BOOST_TEST(contains(came.output, "type\n"));
    BOOST_TEST(contains(run({"qom-list"}, {}, settings).output, "machine/\n"));
    BOOST_TEST(came.errors == "");
    outcome const verbose = run({"-v", "qom-list", "-s", address, "/machine"});
    BOOST_TEST(verbose.output == came.output);
    BOOST_TEST(contains(verbose.errors, "-> {\"execute\":\"qom-list\",\"arguments\":{\"path\":\"/machine\"}"));
    BOOST_TEST(contains(verbose.errors, "<- {\"return\": [{"));
    BOOST_TEST(contains(run({"qom-list", address, "/machine"}).output, "peripheral/\n"));
    outcome const nowhere = run({"qom-list", "/nowhere"}, {}, settings);
    BOOST_TEST(nowhere.status == 1);
    BOOST_TEST(contains(nowhere.errors, "qom-list: DeviceNotFound"));
}

BOOST_AUTO_TEST_CASE(a_property_is_read)
{
    BOOST_TEST(run({"qom-get", "/machine.type"}, {}, settings).output.starts_with("pc-q35-"));
    BOOST_TEST(run({"qom-get", "/machine/peripheral/balloon0", "hotplugged"}, {}, settings).output == "false\n");
    BOOST_TEST(run({"qom-get", "/machine"}, {}, settings).status == 2);
    BOOST_TEST(run({"qom-get", "/machine.nothing"}, {}, settings).status == 1);
}

BOOST_AUTO_TEST_CASE(a_text_comes_out_of_a_pipe_byte_for_byte)
{
    std::string const make =
        R"({"execute":"object-add","arguments":{"qom-type":"secret","id":"odd","data":"a\u001b[31mb\u0007c"}})";
    BOOST_TEST(run({address, "-c", make}).status == 0);
    BOOST_TEST(run({"qom-get", "/objects/odd.data"}, {}, settings).output == "a\x1B[31mb\ac\n");
}

BOOST_AUTO_TEST_CASE(a_property_is_set_as_what_it_is)
{
    std::string const interval = "/machine/peripheral/balloon0.guest-stats-polling-interval";
    BOOST_TEST(run({"qom-set", interval, "7"}, {}, settings).status == 0);  // an integer: as a string QEMU would refuse it
    BOOST_TEST(run({"qom-get", interval}, {}, settings).output == "7\n");
    outcome const wrong = run({"qom-set", interval, "often"}, {}, settings);
    BOOST_TEST(wrong.status == 2);
    BOOST_TEST(contains(wrong.errors, "which is of type int: it wants an integer, as 10, 0xa, 10G or 1.5G\n"));
    BOOST_TEST(run({"qom-set", interval, "5K"}, {}, settings).status == 0);
    BOOST_TEST(run({"qom-get", interval}, {}, settings).output == "5120\n");
    BOOST_TEST(contains(run({"qom-set", interval, "5KB"}, {}, settings).errors, "write 5K for 1,024"));
    BOOST_TEST(run({"qom-set", "/machine", "dump-guest-core", "off"}, {}, settings).status == 0);
    BOOST_TEST(run({"qom-get", "/machine.dump-guest-core"}, {}, settings).output == "false\n");
}

BOOST_AUTO_TEST_CASE(a_tree_is_printed_with_values)
{
    outcome const came = run({"qom-tree", "/objects"}, {}, settings);
    BOOST_TEST(came.status == 0);
    BOOST_TEST(contains(came.output, "/objects/group0\n  type: \"throttle-group\" (string)\n"));
    BOOST_TEST(contains(came.output, "x-iops-total: 0 (int)"));
}

BOOST_AUTO_TEST_SUITE_END()
