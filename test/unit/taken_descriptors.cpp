// Commands that take a named descriptor, which ends the name.
#include "proxy/descriptor_use.hpp"

#include "unit/shared_descriptors.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>

namespace data = boost::unit_test::data;
using namespace coqmp::test;

BOOST_AUTO_TEST_SUITE(a_command_that_takes_a_name)

struct sample
{
    char const* name;
    char const* arguments;
    friend std::ostream& operator<<(std::ostream& out, sample const& each) { return out << each.name << each.arguments; }
};

sample const samples[] = {
    {"netdev_add", R"({"type": "tap", "id": "n", "fd": "x"})"},
    {"netdev_add", R"({"type": "tap", "id": "n", "fds": "w:x:y"})"},
    {"netdev_add", R"({"type": "tap", "id": "n", "fd": "w", "vhostfds": "x"})"},
    {"netdev_add", R"({"type": "stream", "id": "n", "addr": {"type": "fd", "str": "x"}})"},
    {"device_add", R"({"driver": "vhost-vsock-pci", "vhostfd": "x"})"},
    {"add_client", R"({"protocol": "vnc", "fdname": "x"})"},
    {"migrate", R"({"uri": "fd:x"})"},
    {"migrate", R"({"channels": [{"channel-type": "main", "addr": {"transport": "socket", "type": "fd", "str": "x"}}]})"},
    {"migrate-incoming", R"({"uri": "fd:x"})"},
    {"dump-guest-memory", R"({"paging": false, "protocol": "fd:x"})"},
    {"chardev-add", R"({"id": "c", "backend": {"type": "socket", "data": {"addr": {"type": "fd", "data": {"str": "x"}}}}})"},
    {"nbd-server-start", R"({"addr": {"type": "fd", "data": {"str": "x"}}})"},
    {"blockdev-add", R"({"driver": "nbd", "server": {"type": "fd", "str": "x"}})"},
    {"drive-backup", R"({"device": "d", "target": "json:{\"file\": {\"server\": {\"type\": \"fd\", \"str\": \"x\"}}}"})"},
    {"drive-backup", R"({"device": "d", "target": "json:{\"file.server.type\": \"fd\", \"file.server.str\": \"x\"}"})"},
    {"drive-backup", R"({"device": "d", "target": "json:{'file.server.str': 'x'}"})"},
    {"a-later-command", R"({"list": [[{"deep": {"fd": "x"}}]]})"},
};

BOOST_DATA_TEST_CASE(ends_the_name, data::make(samples), each)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.execute(a, each.name, each.arguments) == "");
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
}

BOOST_AUTO_TEST_CASE(may_have_left_it_in_qemu_although_it_succeeded)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    qemu.execute(a, "netdev_add", samples[3].arguments);
    BOOST_TEST(qemu.send(b, "closefd", x) == x_not_found);
    BOOST_TEST(qemu.leave(a) == R"(closefd{"fdname":"x"} )");
    BOOST_TEST(qemu.descriptors.size() == 0U);
}

BOOST_AUTO_TEST_CASE(lets_another_client_use_the_name_which_then_belongs_to_it)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    qemu.execute(a, "netdev_add", samples[0].arguments);
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
    BOOST_TEST(qemu.send(a, "getfd", x) == x_in_use);
    BOOST_TEST(qemu.leave(a) == "");
    BOOST_TEST(qemu.leave(b) == R"(closefd{"fdname":"x"} )");
}

BOOST_AUTO_TEST_CASE(takes_no_memory_for_ever)
{
    monitor qemu;
    for (int number = 0; number < 1000; ++number) {
        std::string const name = 'n' + std::to_string(number);
        qemu.execute(a, "getfd", R"({"fdname": ")" + name + R"("})");
        qemu.execute(a, "add_client", R"({"fdname": ")" + name + R"("})");
    }
    BOOST_TEST(qemu.descriptors.size() == 256U);
}

BOOST_DATA_TEST_CASE(may_have_taken_it_if_it_fails, data::make(samples), each)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.send(a, each.name, each.arguments) == "");
    qemu.fail();
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
    BOOST_TEST(qemu.leave(a) == R"(closefd{"fdname":"x"} )");
}

BOOST_DATA_TEST_CASE(of_another_client_is_refused, data::make(samples), each)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.send(b, each.name, each.arguments) == "File descriptor named 'x' has not been found");
}

sample const others[] = {
    {"netdev_add", R"({"type": "tap", "id": "x", "fd": "y", "fds": "xx:a x:X"})"},
    {"device_add", R"({"driver": "x", "id": "x"})"},
    {"migrate", R"({"uri": "x"})"},
    {"migrate", R"({"uri": "unix:x"})"},
    {"query-name", R"({})"},
    {"blockdev-add", R"({"driver": "file", "filename": "x", "fd": 3})"},
};

BOOST_DATA_TEST_CASE(is_one_that_names_it_as_a_descriptor, data::make(others), each)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.execute(b, each.name, each.arguments) == "");
    BOOST_TEST(qemu.execute(a, each.name, each.arguments) == "");
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
}

BOOST_AUTO_TEST_CASE(is_not_larger_here_than_it_was)
{
    std::string const many(100'000, ':');
    auto const use =
        coqmp::proxy::use_of("netdev_add", {{"fds", "x:" + many + ":x:x"}}, [](std::string_view name) { return name == "x"; });
    BOOST_TEST(use.names.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
