// The schema of a real QEMU, and what QEMU itself says of the commands that it accepts and rejects.
#include "support/real_qemu.hpp"
#include "support/run.hpp"

#include <coqmp/coqmp.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using namespace coqmp::test;
using coqmp::command;
using coqmp::errc;
using coqmp::query_schema;
using coqmp::reply;
using coqmp::schema;
using coqmp::schema_source;

namespace {

struct command_name
{
    std::string name;
};
BOOST_DESCRIBE_STRUCT(command_name, (), (name))

struct run_state
{
    bool running = true;
    std::string status;
};
BOOST_DESCRIBE_STRUCT(run_state, (), (running, status))

struct wrong_state
{
    std::optional<int> nothing;
    int status = 0;
};
BOOST_DESCRIBE_STRUCT(wrong_state, (), (nothing, status))

/// Commands that do no harm, whether QEMU accepts them or not.
std::vector<command> commands()
{
    auto const made = [](std::string name, std::string_view arguments) {
        return command(std::move(name), json::parse(json::string_view(arguments)).as_object());
    };
    return {
        made("query-status", "{}"),
        made("query-status", R"({"x": 1})"),
        made("query-statuss", "{}"),
        made("block_resize", R"({"size": "1"})"),
        made("block_resize", R"({"device": "no-such"})"),
        made("block_resize", R"({"device": "no-such", "size": 1})"),
        made("block_resize", R"({"device": "no-such", "size": 1.5})"),
        made("block_resize", R"({"device": null, "size": 1})"),
        made("blockdev-add", R"({"driver": "null-co", "node-name": "a", "size": 512})"),
        made("blockdev-add", R"({"driver": "null-co", "node-name": "b", "siz": 512})"),
        made("blockdev-add", R"({"driver": "null-co", "node-name": "c", "filename": "/nowhere"})"),
        made("blockdev-add", R"({"driver": "no-such", "node-name": "d"})"),
        made("blockdev-add", R"({"node-name": "e"})"),
        made("blockdev-add", R"({"driver": "raw", "node-name": "f", "file": "a"})"),
        made("blockdev-add", R"({"driver": "raw", "node-name": "g", "file": {"driver": "null-co"}})"),
        made("blockdev-add", R"({"driver": "raw", "node-name": "h", "file": {"driver": "null-co", "x": 1}})"),
        made("blockdev-add", R"({"driver": "raw", "node-name": "i", "file": 5})"),
        made("blockdev-add", R"({"driver": "raw", "node-name": "j", "file": "a", "read-only": "on"})"),
        made("chardev-add", R"({"id": "c", "backend": {"type": "null", "data": {}}})"),
        made("chardev-add", R"({"id": "d", "backend": {"type": "null"}})"),
        made("chardev-add", R"({"id": "e", "backend": {"type": "ringbuf", "data": {"size": "big"}}})"),
        made("transaction", R"({"actions": []})"),
        made("transaction", R"({"actions": {}})"),
        made("transaction", R"({"actions": [{"type": "abort"}]})"),
        made("qom-list", R"({"path": "/"})"),
        made("qom-list", R"({"path": ["/"]})"),
        made("qom-get", R"({"path": "/"})"),
        made("object-add", R"({"qom-type": "iothread", "id": "t", "poll-max-ns": 5})"),
        made("object-add", R"({"qom-type": "iothread", "id": "u", "poll-max-ns": true})"),
        made("object-add", R"({"qom-type": "iothread", "id": "v", "filename": "x"})"),
        made("migrate-set-capabilities", R"({"capabilities": [{"capability": "auto-converge", "state": true}]})"),
        made("migrate-set-capabilities", R"({"capabilities": [{"capability": "no-such", "state": true}]})"),
        made("migrate-set-capabilities", R"({"capabilities": [{"capability": "auto-converge"}]})"),
        made("device-list-properties", R"({"typename": "no-such"})"),
        made("human-monitor-command", R"({"command-line": "info status", "cpu-index": "0"})"),
    };
}

/// Whether QEMU rejected the form of the command, rather than what the command was to do.
bool is_about_the_form(reply const& answer)
{
    if (!answer.has_error())
        return false;
    std::string const& text = answer.error().description;
    auto const says = [&text](char const* part) { return text.find(part) != std::string::npos; };
    return answer.error().class_name == "CommandNotFound" || says("is unexpected") || says("is missing") ||
           says("Invalid parameter type") || says("Invalid parameter '") || says("does not accept value");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schema_qemu)

COROUTINE_TEST_CASE(it_has_the_commands_that_qemu_lists)
{
    real_qemu const qemu;
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(qemu.monitor(), asio::deferred);
    schema const known = co_await query_schema(client);
    auto const listed = co_await client.execute_as<std::vector<command_name>>("query-commands");
    BOOST_TEST(listed.size() > 200U);
    for (command_name const& each : listed)
        BOOST_TEST(known.has_command(each.name), each.name);
    BOOST_TEST(known.command_names().size() == listed.size());
    BOOST_TEST(known.has_event("SHUTDOWN"));
    BOOST_TEST(known.memory() < 3U << 20U);
    co_await client.quit();
}

COROUTINE_TEST_CASE(qemu_agrees_about_what_it_accepts)
{
    real_qemu const qemu;
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(qemu.monitor(), asio::deferred);
    schema const known = co_await query_schema(client);
    for (command const& each : commands()) {
        reply const answer = co_await client.async_execute(each, asio::deferred);
        auto const problem = known.check(each);
        BOOST_TEST(problem.has_value() == is_about_the_form(answer),
                   each.name() << ' ' << each.arguments() << ": " << answer << " | " << (problem ? problem->message() : "none"));
    }
    co_await client.quit();
}

COROUTINE_TEST_CASE(sessions_of_one_version_share_a_copy_and_ask_once)
{
    real_qemu const first;
    real_qemu const second;
    coqmp::session client(co_await this_coro::executor);
    coqmp::session other(co_await this_coro::executor);
    co_await client.async_connect(first.monitor(), asio::deferred);
    co_await other.async_connect(second.monitor(), asio::deferred);
    schema const known = co_await query_schema(client);
    std::uint64_t const before = other.counters().commands;
    schema const shared = co_await query_schema(other);
    BOOST_TEST((known == shared));
    BOOST_TEST(other.counters().commands == before + 1);  // query-target alone
    schema const own = co_await query_schema(other, schema_source::this_qemu);
    BOOST_TEST((own != known));
    BOOST_TEST(own.command_names() == known.command_names(), boost::test_tools::per_element());
    co_await client.quit();
    co_await other.quit();
}

COROUTINE_TEST_CASE(a_session_that_is_not_connected_has_no_schema)
{
    coqmp::session client(co_await this_coro::executor);
    bool failed = false;
    try {
        (void)co_await query_schema(client);
    } catch (boost::system::system_error const& error) {
        failed = error.code() == errc::disconnected && error.code() == errc::not_sent;
    }
    BOOST_TEST(failed);
}

COROUTINE_TEST_CASE(results_are_decoded)
{
    real_qemu const qemu;
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(qemu.monitor(), asio::deferred);
    auto const state = co_await client.execute_as<run_state>("query-status");
    BOOST_TEST(!state.running);
    BOOST_TEST(state.status == "prelaunch");
    std::string failure;
    try {
        (void)co_await client.execute_as<wrong_state>("query-status");
    } catch (coqmp::unexpected_value const& error) {
        failure = error.what();
    }
    BOOST_TEST(failure == "query-status: status: not an integer");
    co_await client.quit();
}

BOOST_AUTO_TEST_SUITE_END()
