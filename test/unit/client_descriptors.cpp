// To which client of a proxy the descriptors belong that QEMU keeps.
#include "proxy/client_descriptors.hpp"

#include "proxy/client_id.hpp"
#include "proxy/descriptor_use.hpp"

#include <coqmp/command.hpp>
#include <coqmp/command_error.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using coqmp::command;
using coqmp::command_error;
using coqmp::proxy::client_descriptors;
using coqmp::proxy::client_id;
using coqmp::proxy::descriptor_use;

namespace {

constexpr client_id a{1};
constexpr client_id b{2};

json::object parsed(std::string_view text)
{
    return json::parse(json::string_view(text)).as_object();
}

std::string text_of(command const& sent)
{
    return sent.name() + json::serialize(sent.arguments());
}

/// All clients and their QEMU.
class monitor
{
public:
    /// Sends a command, and leaves it unanswered. @return the refusal, or nothing
    std::string send(client_id who, std::string_view name, std::string_view arguments)
    {
        auto admission = descriptors.admit(who, name, parsed(arguments));
        if (auto const* refused = std::get_if<command_error>(&admission))
            return refused->description;
        wire.emplace_back(who, std::get<descriptor_use>(admission));
        return {};
    }

    /// QEMU answers the oldest command. @return what is sent to QEMU then
    std::string answer(std::string_view value = "{}") { return finish(json::parse(json::string_view(value))); }
    std::string fail() { return finish(std::nullopt); }

    /// A command that succeeds at once.
    std::string execute(client_id who, std::string_view name, std::string_view arguments, std::string_view value = "{}")
    {
        std::string refused = send(who, name, arguments);
        if (refused.empty())
            answer(value);
        return refused;
    }

    std::string leave(client_id who)
    {
        std::string result;
        for (command const& each : descriptors.leave(who))
            result += text_of(each) + ' ';
        return result;
    }

    client_descriptors descriptors;
    std::deque<std::pair<client_id, descriptor_use>> wire;

private:
    std::string finish(std::optional<json::value> const& value)
    {
        auto const [who, use] = wire.front();
        wire.pop_front();
        auto const more = descriptors.answered(who, use, value ? &*value : nullptr);
        return more ? text_of(*more) : std::string();
    }
};

constexpr char const* x_in_use = "The file descriptor name 'x' is in use by another client of this monitor: choose another name";
constexpr char const* x_not_found = "File descriptor named 'x' not found";
constexpr char const* x = R"({"fdname": "x"})";
constexpr char const* set_7 = R"({"fdset-id": 7})";
constexpr char const* set_7_in_use =
    "The file descriptor set 7 is in use by another client of this monitor: leave out fdset-id, and QEMU chooses another set";
constexpr char const* set_7_not_found = "File descriptor named 'fdset-id:7' not found";

}  // namespace

BOOST_AUTO_TEST_SUITE(client_descriptors_)

BOOST_AUTO_TEST_SUITE(a_name)

BOOST_AUTO_TEST_CASE(that_another_client_holds_is_not_replaced)
{
    monitor qemu;
    BOOST_TEST(qemu.execute(a, "getfd", x) == "");
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
    BOOST_TEST(qemu.execute(b, "getfd", R"({"fdname": "y"})") == "");
}

BOOST_AUTO_TEST_CASE(may_be_replaced_by_its_owner)
{
    monitor qemu;
    BOOST_TEST(qemu.execute(a, "getfd", x) == "");
    BOOST_TEST(qemu.execute(a, "getfd", x) == "");
    BOOST_TEST(qemu.execute(a, "closefd", x) == "");
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
}

BOOST_AUTO_TEST_CASE(that_is_on_the_wire_is_held_already)
{
    monitor qemu;
    BOOST_TEST(qemu.send(a, "getfd", x) == "");
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
    qemu.fail();
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
    BOOST_TEST(qemu.send(a, "getfd", x) == x_in_use);
}

BOOST_AUTO_TEST_CASE(that_was_sent_again_in_vain_is_still_held)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.send(a, "getfd", x) == "");
    qemu.fail();
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
}

BOOST_AUTO_TEST_CASE(is_closed_only_by_its_owner)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.send(b, "closefd", x) == x_not_found);
    BOOST_TEST(qemu.send(b, "closefd", R"({"fdname": "x", "more": 1})") == x_not_found);
    BOOST_TEST(qemu.execute(a, "closefd", x) == "");
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
}

BOOST_AUTO_TEST_CASE(that_qemu_does_not_find_is_free)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.send(a, "closefd", x) == "");
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
    qemu.fail();
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
}

BOOST_AUTO_TEST_CASE(is_not_free_after_a_closefd_that_qemu_cannot_have_executed)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    BOOST_TEST(qemu.send(a, "closefd", R"({"fdname": "x", "more": 1})") == "");
    qemu.fail();
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
}

BOOST_AUTO_TEST_CASE(that_is_closed_between_two_additions_is_held)
{
    monitor qemu;
    qemu.send(a, "getfd", x);
    qemu.send(a, "closefd", x);
    qemu.send(a, "getfd", x);
    qemu.answer();
    qemu.answer();
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
    qemu.answer();
    BOOST_TEST(qemu.send(b, "getfd", x) == x_in_use);
    BOOST_TEST(qemu.leave(a) == R"(closefd{"fdname":"x"} )");
}

BOOST_AUTO_TEST_CASE(that_no_client_has_sent_is_left_to_qemu)
{
    monitor qemu;
    BOOST_TEST(qemu.send(a, "closefd", x) == "");
    BOOST_TEST(qemu.send(b, "closefd", x) == "");
    qemu.fail();
    qemu.fail();
    BOOST_TEST(qemu.descriptors.size() == 0U);
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_left_to_qemu)
{
    monitor qemu;
    for (char const* const arguments : {"{}", R"({"fdname": 3})", R"({"fdname": null})", R"({"fdname": ["x"]})"}) {
        BOOST_TEST(qemu.send(a, "getfd", arguments) == "");
        qemu.fail();
        BOOST_TEST(qemu.send(a, "closefd", arguments) == "");
        qemu.fail();
    }
    BOOST_TEST(qemu.descriptors.size() == 0U);
}

BOOST_AUTO_TEST_CASE(that_is_too_long_to_remember_is_refused)
{
    monitor qemu;
    std::string const longest(1024, 'x');
    BOOST_TEST(qemu.execute(a, "getfd", R"({"fdname": ")" + longest + R"("})") == "");
    BOOST_TEST(qemu.send(a, "getfd", R"({"fdname": ")" + longest + R"(x"})") ==
               "Parameter 'fdname' expects a name of at most 1024 bytes");
}

BOOST_AUTO_TEST_CASE(is_given_back_when_its_owner_leaves)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    qemu.execute(a, "getfd", R"({"fdname": "closed"})");
    qemu.execute(a, "closefd", R"({"fdname": "closed"})");
    qemu.execute(b, "getfd", R"({"fdname": "other"})");
    BOOST_TEST(qemu.leave(a) == R"(closefd{"fdname":"x"} )");
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
    BOOST_TEST(qemu.leave(a) == "");
}

BOOST_AUTO_TEST_CASE(whose_owner_leaves_before_the_answer_is_given_back_and_not_confused_with_a_later_one)
{
    monitor qemu;
    qemu.send(a, "getfd", x);
    BOOST_TEST(qemu.leave(a) == R"(closefd{"fdname":"x"} )");
    BOOST_TEST(qemu.send(b, "getfd", x) == "");
    BOOST_TEST(qemu.answer() == "");  // to the client that has left
    constexpr client_id c{3};
    BOOST_TEST(qemu.send(c, "getfd", x) == x_in_use);
    qemu.fail();
    BOOST_TEST(qemu.send(c, "getfd", x) == "");
}

BOOST_AUTO_TEST_SUITE_END()

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

BOOST_AUTO_TEST_SUITE(a_set)

BOOST_AUTO_TEST_CASE(that_qemu_chose_belongs_to_the_client_that_asked)
{
    monitor qemu;
    BOOST_TEST(qemu.execute(a, "add-fd", "{}", R"({"fdset-id": 7, "fd": 21})") == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == set_7_in_use);
    BOOST_TEST(qemu.send(b, "remove-fd", set_7) == set_7_not_found);
    BOOST_TEST(qemu.send(b, "remove-fd", R"({"fdset-id": 7, "fd": 21})") ==
               "File descriptor named 'fdset-id:7, fd:21' not found");
    BOOST_TEST(qemu.execute(a, "add-fd", set_7, R"({"fdset-id": 7, "fd": 22})") == "");
    BOOST_TEST(qemu.leave(a) == R"(remove-fd{"fdset-id":7} )");
    BOOST_TEST(qemu.execute(b, "add-fd", set_7, R"({"fdset-id": 7, "fd": 23})") == "");
}

BOOST_AUTO_TEST_CASE(that_a_client_chose_is_its_own_at_once)
{
    monitor qemu;
    BOOST_TEST(qemu.send(a, "add-fd", set_7) == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == set_7_in_use);
    BOOST_TEST(qemu.send(b, "remove-fd", set_7) == set_7_not_found);
    qemu.fail();
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == "");
}

BOOST_AUTO_TEST_CASE(may_be_any_that_is_free_while_qemu_chooses)
{
    monitor qemu;
    qemu.send(a, "add-fd", "{}");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == set_7_in_use);
    BOOST_TEST(qemu.send(a, "add-fd", set_7) == "");
    BOOST_TEST(qemu.send(b, "add-fd", "{}") == "");
    qemu.answer(R"({"fdset-id": 0, "fd": 21})");
    qemu.answer(R"({"fdset-id": 7, "fd": 22})");
    qemu.answer(R"({"fdset-id": 1, "fd": 23})");
    BOOST_TEST(qemu.execute(b, "add-fd", R"({"fdset-id": 1})") == "");
    BOOST_TEST(qemu.leave(a) == R"(remove-fd{"fdset-id":0} remove-fd{"fdset-id":7} )");
    BOOST_TEST(qemu.leave(b) == R"(remove-fd{"fdset-id":1} )");
}

BOOST_AUTO_TEST_CASE(that_was_removed_stays_its_owners_and_is_not_given_back)
{
    monitor qemu;
    qemu.execute(a, "add-fd", set_7);
    BOOST_TEST(qemu.execute(a, "remove-fd", set_7) == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == set_7_in_use);
    BOOST_TEST(qemu.leave(a) == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == "");
}

BOOST_AUTO_TEST_CASE(that_was_removed_and_filled_again_is_given_back)
{
    monitor qemu;
    qemu.execute(a, "add-fd", set_7);
    qemu.execute(a, "remove-fd", set_7);
    qemu.execute(a, "add-fd", set_7);
    BOOST_TEST(qemu.leave(a) == R"(remove-fd{"fdset-id":7} )");
}

BOOST_AUTO_TEST_CASE(from_which_one_descriptor_was_removed_is_given_back)
{
    monitor qemu;
    qemu.execute(a, "add-fd", set_7);
    qemu.execute(a, "remove-fd", R"({"fdset-id": 7, "fd": 21})");
    BOOST_TEST(qemu.leave(a) == R"(remove-fd{"fdset-id":7} )");
}

BOOST_AUTO_TEST_CASE(that_qemu_chooses_anew_changes_its_owner)
{
    monitor qemu;
    qemu.execute(a, "add-fd", set_7);
    qemu.execute(a, "remove-fd", set_7);
    BOOST_TEST(qemu.execute(b, "add-fd", "{}", R"({"fdset-id": 7, "fd": 22})") == "");
    BOOST_TEST(qemu.send(a, "remove-fd", set_7) == set_7_not_found);
    BOOST_TEST(qemu.leave(a) == "");
    BOOST_TEST(qemu.leave(b) == R"(remove-fd{"fdset-id":7} )");
}

BOOST_AUTO_TEST_CASE(that_qemu_chose_for_a_client_that_has_left_is_given_back)
{
    monitor qemu;
    qemu.send(a, "add-fd", "{}");
    BOOST_TEST(qemu.leave(a) == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == set_7_in_use);
    BOOST_TEST(qemu.answer(R"({"fdset-id": 7, "fd": 21})") == R"(remove-fd{"fdset-id":7})");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == "");
}

BOOST_AUTO_TEST_CASE(that_qemu_did_not_create_is_free)
{
    monitor qemu;
    qemu.send(a, "add-fd", "{}");
    qemu.leave(a);
    BOOST_TEST(qemu.fail() == "");
    BOOST_TEST(qemu.send(b, "add-fd", set_7) == "");
    for (char const* const nonsense : {"[]", "{}", R"({"fdset-id": "7"})", "3"}) {
        qemu.send(b, "add-fd", "{}");
        BOOST_TEST(qemu.answer(nonsense) == "");
    }
    BOOST_TEST(qemu.descriptors.size() == 1U);
}

BOOST_AUTO_TEST_CASE(of_the_command_line_is_left_to_qemu)
{
    monitor qemu;
    BOOST_TEST(qemu.execute(a, "remove-fd", set_7) == "");
    BOOST_TEST(qemu.execute(b, "remove-fd", R"({"fdset-id": 7, "fd": 3})") == "");
    BOOST_TEST(qemu.descriptors.size() == 0U);
}

BOOST_AUTO_TEST_CASE(with_a_malformed_number_is_left_to_qemu)
{
    monitor qemu;
    for (char const* const arguments :
         {R"({"fdset-id": "7"})", R"({"fdset-id": 7.0})", R"({"fdset-id": null})", R"({"fdset-id": 18446744073709551615})"}) {
        BOOST_TEST(qemu.send(a, "add-fd", arguments) == "");
        qemu.fail();
        BOOST_TEST(qemu.send(a, "remove-fd", arguments) == "");
        qemu.fail();
    }
    BOOST_TEST(qemu.descriptors.size() == 0U);
}

BOOST_AUTO_TEST_CASE(takes_no_memory_for_ever)
{
    monitor qemu;
    for (int number = 0; number < 2000; ++number) {
        std::string const arguments = R"({"fdset-id": )" + std::to_string(number) + "}";
        qemu.execute(a, "add-fd", arguments);
        qemu.execute(a, "remove-fd", arguments);
    }
    BOOST_TEST(qemu.descriptors.size() == 256U);
    BOOST_TEST(qemu.send(b, "add-fd", R"({"fdset-id": 1999})") != "");
    BOOST_TEST(qemu.send(b, "add-fd", R"({"fdset-id": 0})") == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(everything_is_forgotten_with_the_connection)
{
    monitor qemu;
    qemu.execute(a, "getfd", x);
    qemu.execute(a, "add-fd", set_7);
    qemu.send(a, "add-fd", "{}");
    qemu.descriptors.forget();
    qemu.wire.clear();
    BOOST_TEST(qemu.descriptors.size() == 0U);
    BOOST_TEST(qemu.execute(b, "getfd", x) == "");
    BOOST_TEST(qemu.execute(b, "add-fd", set_7) == "");
    BOOST_TEST(qemu.leave(a) == "");
}

BOOST_AUTO_TEST_SUITE_END()
