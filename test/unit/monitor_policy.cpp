// Which commands a policy allows, also inside a transaction, and that the built-in policies were reviewed for every release of QEMU.
#include <coqmp/monitor_policy.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/string.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace json = boost::json;
namespace data = boost::unit_test::data;
using coqmp::command_error;
using coqmp::monitor_policy;

namespace {

/// What a policy answers: empty if the command is allowed.
std::string answer(monitor_policy const& policy, std::string_view command, std::string_view arguments = "{}")
{
    std::optional<command_error> const refused = policy.refusal(command, json::parse(json::string_view(arguments)).as_object());
    return refused ? refused->class_name + ": " + refused->description : std::string();
}

std::set<std::string> names_of_all_releases()
{
    std::set<std::string> result;
    std::size_t files = 0;
    for (auto const& file : std::filesystem::directory_iterator(COQMP_TEST_SCHEMAS)) {
        std::ifstream in(file.path());
        json::value const schema = json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
        for (json::value const& each : schema.as_array())
            if (each.at("meta-type").as_string() == "command")
                result.emplace(each.at("name").as_string());
        ++files;
    }
    BOOST_REQUIRE(files == 12U);
    return result;
}

// They read, and do something else beside.
std::set<std::string> const queries_with_effects = {
    "query-cpus",                    // interrupts each virtual CPU; query-cpus-fast replaced it
    "query-rx-filter",               // enables the next NIC_RX_FILTER_CHANGED
    "query-sev-attestation-report",  // has the secure processor sign what the client chooses
};

// Commands with other names that return something. Each was reviewed: it reveals, consumes, writes or opens something.
std::vector<std::string> const never_harmless = {
    "add-fd",
    "add_client",
    "blockdev-add",
    "blockdev-change-medium",
    "change",
    "chardev-add",
    "chardev-change",
    "device_add",
    "dump-guest-memory",
    "dump-skeys",
    "dumpdtb",
    "get-win32-socket",
    "getfd",
    "human-monitor-command",
    "memsave",
    "migrate",
    "migrate-incoming",
    "migrate-recover",
    "nbd-server-start",
    "netdev_add",
    "object-add",
    "pmemsave",
    "qom-get",
    "qom-set",
    "quit",
    "request-ebpf",
    "ringbuf-read",
    "screendump",
    "snapshot-load",
    "transaction",
    "xen-save-devices-state",
};

std::vector<std::string> built_in()
{
    return monitor_policy::built_in_names();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_monitor_policy)

BOOST_AUTO_TEST_CASE(allows_what_is_listed_and_nothing_else)
{
    auto const policy = monitor_policy("mine").allow("stop").allow("cont");
    BOOST_TEST(policy.allows("stop"));
    BOOST_TEST(policy.allows("cont"));
    for (char const* const other : {"", "sto", "stop ", "Stop", "stopp", "query-status", "*"})
        BOOST_TEST(!policy.allows(other));
    BOOST_TEST(!policy.allows(std::string_view("stop\0", 5)));
    BOOST_TEST(answer(policy, "stop") == "");
}

BOOST_AUTO_TEST_CASE(allows_nothing_at_first)
{
    monitor_policy const policy("new");
    BOOST_TEST(policy.commands().empty());
    BOOST_TEST(!policy.allows("query-status"));
    BOOST_TEST(!policy.allows_everything());
}

BOOST_AUTO_TEST_CASE(is_named_in_its_refusals)
{
    BOOST_TEST(answer(monitor_policy::read_only(), "quit") ==
               "CommandNotFound: The policy 'read-only' does not allow the command 'quit'");
    BOOST_TEST(answer(monitor_policy("mine"), "quit") == "CommandNotFound: The policy 'mine' does not allow the command 'quit'");
}

BOOST_AUTO_TEST_CASE(shows_the_names_of_its_clients_without_harm)
{
    std::string const sent = "a\x1b[31m\xff" + std::string(1000, 'x');
    auto const refused = monitor_policy::read_only().refusal(sent, {});
    BOOST_REQUIRE(refused.has_value());
    BOOST_TEST(refused->description.starts_with("The policy 'read-only' does not allow the command 'a\\x1b[31m\\xffxxx"));
    BOOST_TEST(refused->description.ends_with("xxx...'"));
    BOOST_TEST(refused->description.size() < 300U);
}

BOOST_AUTO_TEST_CASE(can_extend_another_one_without_changing_it)
{
    auto const base = monitor_policy::operation();
    auto const extended = monitor_policy("night-shift", base).allow("quit");
    BOOST_TEST(extended.name() == "night-shift");
    BOOST_TEST(extended.allows("quit"));
    BOOST_TEST(extended.allows("stop"));
    BOOST_TEST(!extended.allows("migrate"));
    BOOST_TEST(!base.allows("quit"));
    BOOST_TEST(base.name() == "operator");
    BOOST_TEST(extended.commands().size() == base.commands().size() + 1);
    BOOST_TEST((extended != base));
    BOOST_TEST(monitor_policy("everything", monitor_policy::all()).allows("anything"));
}

BOOST_AUTO_TEST_CASE(can_be_changed_step_by_step)
{
    monitor_policy policy("mine");
    for (char const* const each : {"stop", "stop", "cont"})
        policy.allow(each);
    BOOST_TEST((policy == monitor_policy("mine").allow("cont").allow("stop")));
}

BOOST_DATA_TEST_CASE(is_found_by_its_name, data::make(built_in()), name)
{
    auto const found = monitor_policy::named(name);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->name() == name);
}

BOOST_AUTO_TEST_CASE(is_found_only_by_its_exact_name)
{
    for (char const* const other : {"", "read_only", "Read-Only", "ALL", "operation", "none"})
        BOOST_TEST(!monitor_policy::named(other).has_value());
}

BOOST_AUTO_TEST_CASE(all_allows_what_nobody_knows_and_looks_at_nothing)
{
    auto const policy = monitor_policy::all();
    BOOST_TEST(policy.allows_everything());
    for (char const* const name : {"quit", "human-monitor-command", "x-a-command-of-the-year-2040", ""})
        BOOST_TEST(answer(policy, name) == "");
    BOOST_TEST(answer(policy, "transaction", R"({"actions": 3})") == "");
}

BOOST_AUTO_TEST_SUITE(looks_into_a_transaction)

monitor_policy bitmaps()
{
    return monitor_policy("mine").allow("transaction").allow("block-dirty-bitmap-add").allow("blockdev-backup");
}

BOOST_AUTO_TEST_CASE(whose_actions_are_allowed)
{
    BOOST_TEST(answer(bitmaps(), "transaction", R"({"actions": []})") == "");
    BOOST_TEST(answer(bitmaps(), "transaction", R"({"actions": [{"type": "abort", "data": {}}]})") == "");
    BOOST_TEST(answer(bitmaps(), "transaction",
                      R"({"actions": [{"type": "block-dirty-bitmap-add", "data": {"node": "a"}},
                                      {"data": {"type": "quit"}, "type": "blockdev-backup"}],
                          "properties": {"completion-mode": "grouped"}})") == "");
}

BOOST_AUTO_TEST_CASE(one_of_whose_actions_is_not_allowed)
{
    BOOST_TEST(answer(bitmaps(), "transaction", R"({"actions": [{"type": "blockdev-snapshot-sync", "data": {}}]})") ==
               "GenericError: The policy 'mine' does not allow the action 'blockdev-snapshot-sync'");
    BOOST_TEST(answer(bitmaps(), "transaction",
                      R"({"actions": [{"type": "blockdev-backup"}, {"type": "abort"}, {"type": "drive-backup"}]})") ==
               "GenericError: The policy 'mine' does not allow the action 'drive-backup'");
    BOOST_TEST(answer(bitmaps(), "transaction", R"({"actions": [{"type": ""}]})") != "");
    BOOST_TEST(answer(bitmaps(), "transaction", R"({"actions": [{"type": "abort"}, {"type": "quit"}]})") != "");
    BOOST_TEST(answer(bitmaps(), "transaction", R"({"actions": [{"type": "Abort"}]})") != "");
}

BOOST_AUTO_TEST_CASE(that_is_not_allowed_itself)
{
    BOOST_TEST(
        answer(monitor_policy("mine").allow("blockdev-backup"), "transaction", R"({"actions": [{"type": "blockdev-backup"}]})") ==
        "CommandNotFound: The policy 'mine' does not allow the command 'transaction'");
    BOOST_TEST(answer(monitor_policy("mine"), "transaction", R"({"actions": []})") != "");
    BOOST_TEST(answer(monitor_policy("mine"), "abort") != "");
}

BOOST_AUTO_TEST_CASE(inside_a_transaction_which_is_no_action)
{
    auto const policy = bitmaps().allow("abort");
    BOOST_TEST(answer(policy, "transaction",
                      R"({"actions": [{"type": "block-dirty-bitmap-add", "data": {"actions": [{"type": "quit"}]}}]})") == "");
    BOOST_TEST(answer(policy, "query-status", R"({"actions": [{"type": "abort"}]})") != "");
}

struct malformed
{
    char const* arguments;
    char const* words;
    friend std::ostream& operator<<(std::ostream& out, malformed const& each) { return out << each.arguments; }
};

// As QEMU 7.2.22 answers them.
malformed const samples[] = {
    {R"({})", "Parameter 'actions' is missing"},
    {R"({"Actions": []})", "Parameter 'actions' is missing"},
    {R"({"actions": 3})", "Invalid parameter type for 'actions', expected: array"},
    {R"({"actions": null})", "Invalid parameter type for 'actions', expected: array"},
    {R"({"actions": {"type": "abort"}})", "Invalid parameter type for 'actions', expected: array"},
    {R"({"actions": [3]})", "Invalid parameter type for 'actions[0]', expected: object"},
    {R"({"actions": [{"type": "abort"}, [{"type": "abort"}]]})", "Invalid parameter type for 'actions[1]', expected: object"},
    {R"({"actions": ["abort"]})", "Invalid parameter type for 'actions[0]', expected: object"},
    {R"({"actions": [{}]})", "Parameter 'actions[0].type' is missing"},
    {R"({"actions": [{"type": "abort"}, {"data": {}}]})", "Parameter 'actions[1].type' is missing"},
    {R"({"actions": [{"type": 3}]})", "Invalid parameter type for 'actions[0].type', expected: string"},
    {R"({"actions": [{"type": null}]})", "Invalid parameter type for 'actions[0].type', expected: string"},
    {R"({"actions": [{"type": ["abort"]}]})", "Invalid parameter type for 'actions[0].type', expected: string"},
};

BOOST_DATA_TEST_CASE(that_has_another_form, data::make(samples), sample)
{
    BOOST_TEST(answer(bitmaps(), "transaction", sample.arguments) == std::string("GenericError: ") + sample.words);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(that_is_built_in)

BOOST_AUTO_TEST_CASE(decides_about_every_query_of_every_release)
{
    auto const policy = monitor_policy::read_only();
    for (std::string const& each : names_of_all_releases())
        if (each.starts_with("query-"))
            BOOST_TEST(policy.allows(each) != queries_with_effects.contains(each), each);
}

BOOST_DATA_TEST_CASE(lists_only_commands_that_a_release_has, data::make(built_in()), name)
{
    static std::set<std::string> const known = names_of_all_releases();
    auto const policy = monitor_policy::named(name);
    BOOST_REQUIRE(policy.has_value());
    for (std::string const& each : policy->commands())
        BOOST_TEST(known.contains(each), each);
}

BOOST_AUTO_TEST_CASE(lets_its_clients_read_and_nothing_else)
{
    // Exactly these do not begin with "query-".
    std::set<std::string> const others = {"device-list-properties", "qom-list",      "qom-list-properties", "qom-list-types",
                                          "trace-event-get-state",  "xen-event-list"};
    for (std::string const& each : monitor_policy::read_only().commands())
        BOOST_TEST((each.starts_with("query-") || others.contains(each)), each);
    for (std::string const& each : never_harmless)
        BOOST_TEST(!monitor_policy::read_only().allows(each), each);
}

BOOST_AUTO_TEST_CASE(includes_what_read_only_allows)
{
    for (std::string const& each : monitor_policy::read_only().commands()) {
        BOOST_TEST(monitor_policy::backup().allows(each), each);
        BOOST_TEST(monitor_policy::operation().allows(each), each);
    }
}

BOOST_AUTO_TEST_CASE(gives_an_operator_no_file_and_no_door)
{
    auto const policy = monitor_policy::operation();
    for (std::string const& each : never_harmless)
        BOOST_TEST(!policy.allows(each), each);
    for (char const* const each : {"block-commit", "block-stream", "blockdev-del", "chardev-remove", "device_del",
                                   "expire_password", "input-send-event", "netdev_del", "object-del", "send-key", "set_password"})
        BOOST_TEST(!policy.allows(each), each);
    for (char const* const each :
         {"stop", "cont", "system_powerdown", "system_reset", "eject", "balloon", "set_link", "job-cancel"})
        BOOST_TEST(policy.allows(each), each);
}

BOOST_AUTO_TEST_CASE(gives_a_backup_program_what_it_needs_and_no_hold_of_the_machine)
{
    auto const policy = monitor_policy::backup();
    for (char const* const each :
         {"blockdev-add", "blockdev-backup", "blockdev-create", "nbd-server-start", "block-export-add", "job-dismiss", "getfd"})
        BOOST_TEST(policy.allows(each), each);
    BOOST_TEST(
        answer(policy, "transaction", R"({"actions": [{"type": "block-dirty-bitmap-add"}, {"type": "blockdev-backup"}]})") == "");
    BOOST_TEST(answer(policy, "transaction", R"({"actions": [{"type": "blockdev-snapshot"}]})") != "");
    for (char const* const each :
         {"stop", "cont", "quit", "system_reset", "device_add", "object-add", "chardev-add", "human-monitor-command", "migrate",
          "qom-get", "qom-set", "screendump", "blockdev-mirror", "blockdev-reopen", "blockdev-snapshot", "block-commit"})
        BOOST_TEST(!policy.allows(each), each);
}

BOOST_DATA_TEST_CASE(allows_no_unstable_command, data::make(built_in()), name)
{
    auto const policy = monitor_policy::named(name);
    BOOST_REQUIRE(policy.has_value());
    for (std::string const& each : policy->commands())
        BOOST_TEST((!each.starts_with("x-") && !each.starts_with("__")), each);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
