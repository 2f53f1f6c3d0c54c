// Clients of a proxy: what each of them may do, and which descriptors are its own.
#include <coqmp/monitor_proxy.hpp>

#include "support/proxied_monitor.hpp"
#include "support/raw_client.hpp"
#include "support/run.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>

#include <memory>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
using coqmp::monitor_policy;
using namespace coqmp::test;

BOOST_AUTO_TEST_SUITE(proxy_policies)

COROUTINE_TEST_CASE(the_policy_decides)
{
    auto const executor = co_await asio::this_coro::executor;
    audit_book book;
    auto options = book.options();
    auto const strict = std::make_shared<monitor_policy const>(monitor_policy("strict").allow("stop"));
    auto const none = std::shared_ptr<monitor_policy const>();
    auto current = strict;
    options.policy_for = [&](coqmp::monitor_client const&) { return current; };
    proxied_monitor monitor(executor, options);
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    client.say(command_text("quit"));
    BOOST_TEST(co_await client.line() ==
               R"({"error": {"class": "CommandNotFound", "desc": "The policy 'strict' does not allow the command 'quit'"}})");
    client.say(command_text("stop"));
    co_await monitor.peer.serve("stop");
    static_cast<void>(co_await client.line());
    std::vector<std::string> const expected{"quit refused CommandNotFound", "stop ok"};
    BOOST_TEST(book.lines == expected, boost::test_tools::per_element());
    current = std::make_shared<monitor_policy const>(monitor_policy("wider", *strict).allow("quit"));
    monitor.proxy.apply_policies();
    client.say(command_text("quit"));
    co_await monitor.peer.serve("quit");
    static_cast<void>(co_await client.line());
    current = none;
    monitor.proxy.apply_policies();
    BOOST_TEST(co_await client.end() == "");
    raw_client another(executor, monitor.address);
    BOOST_TEST(co_await another.end() == "");
}

COROUTINE_TEST_CASE(without_a_policy_a_client_may_only_read)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor, coqmp::monitor_proxy_options());
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    client.say(command_text("quit"));
    BOOST_TEST((co_await client.line()).find("'read-only'") != std::string::npos);
    client.say(command_text("query-status"));
    co_await monitor.peer.serve("query-status");
    BOOST_TEST(co_await client.line() == R"({"return": {}})");
}

COROUTINE_TEST_CASE(a_command_that_waits_comes_under_a_new_policy)
{
    auto const executor = co_await asio::this_coro::executor;
    audit_book book;
    auto current = std::make_shared<monitor_policy const>(monitor_policy::all());
    auto options = book.options();
    options.policy_for = [&current](coqmp::monitor_client const&) { return current; };
    proxied_monitor monitor(executor, std::move(options));
    co_await monitor.connect();
    raw_client other(executor, monitor.address);
    co_await other.negotiate();
    other.say(command_text("query-status"));
    co_await monitor.peer.serve("query-status");
    static_cast<void>(co_await other.line());
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    client.say(command_text("query-block") + command_text("quit"));
    json::value const first = co_await monitor.peer.expect("query-block");
    current = std::make_shared<monitor_policy const>(monitor_policy::read_only());
    monitor.proxy.apply_policies();
    monitor.peer.answer(first, json::array());
    static_cast<void>(co_await client.line());
    BOOST_TEST((co_await client.line()).find("The policy 'read-only' does not allow") != std::string::npos);
    BOOST_TEST(book.lines.back() == "quit refused CommandNotFound");
}

COROUTINE_TEST_CASE(descriptors_belong_to_their_client)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    raw_client owner(executor, monitor.address);
    raw_client other(executor, monitor.address);
    co_await owner.negotiate();
    co_await other.negotiate();
    std::vector<coqmp::descriptor> const carried{coqmp::descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC))};
    owner.say(R"({"execute":"getfd","arguments":{"fdname":"net0"}})", carried);
    received_command const getfd = co_await monitor.peer.receive();
    BOOST_TEST(getfd.descriptors.size() == 1);
    monitor.peer.answer(getfd.id);
    static_cast<void>(co_await owner.line());
    other.say(R"({"execute":"closefd","arguments":{"fdname":"net0"}})");
    BOOST_TEST((co_await other.message()).at("error").at("desc") == json::value("File descriptor named 'net0' not found"));
    owner.close();
    received_command const given_back = co_await monitor.peer.receive();
    BOOST_TEST(given_back.name == "closefd");
    BOOST_TEST(given_back.arguments.at("fdname") == json::value("net0"));
    monitor.peer.answer(given_back.id);
}

// QEMU would give it a descriptor that another client has left behind.
COROUTINE_TEST_CASE(a_command_that_needs_a_descriptor_and_has_none_is_refused)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor monitor(executor);
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    std::string const refusal = R"({"error": {"class": "GenericError", "desc": "No file descriptor supplied via SCM_RIGHTS"}})";
    client.say(R"({"execute":"getfd","arguments":{"fdname":"net0"}})");
    BOOST_TEST(co_await client.line() == refusal);
    client.say(R"({"execute":"add-fd"})");
    BOOST_TEST(co_await client.line() == refusal);
    std::vector<coqmp::descriptor> const carried{coqmp::descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC))};
    client.say(R"({"execute":"closefd","arguments":{"fdname":5}})", carried);
    received_command const malformed = co_await monitor.peer.receive();
    BOOST_TEST(malformed.name == "closefd");
    BOOST_TEST(malformed.descriptors.empty());
}

BOOST_AUTO_TEST_SUITE_END()
