// Hooks of a monitor proxy and of a monitor server that throw, use the object that calls them, or destroy it.
#include <coqmp/monitor_proxy.hpp>
#include <coqmp/monitor_server.hpp>

#include "support/proxied_monitor.hpp"
#include "support/raw_client.hpp"
#include "support/run.hpp"
#include "support/served_monitor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
using coqmp::monitor_audit;
using coqmp::monitor_client;
using coqmp::monitor_policy;
using coqmp::monitor_proxy_options;
using namespace coqmp::test;

namespace {

using texts = std::vector<std::string>;
using policy_pointer = std::shared_ptr<monitor_policy const>;

/// Like run(), but exceptions may leave the context. @return what they say
texts thrown_during(asio::awaitable<void> body)
{
    asio::io_context context(1);
    bool ended = false;
    asio::co_spawn(context, std::move(body), [&ended](std::exception_ptr const& failure) {
        ended = true;
        BOOST_TEST(!failure);
    });
    texts result;
    auto const limit = std::chrono::steady_clock::now() + time_limit;
    for (bool again = true; std::exchange(again, false);) {
        try {
            context.run_until(limit);
        } catch (std::exception const& error) {
            result.emplace_back(error.what());
            again = true;
        }
    }
    BOOST_TEST(ended, "the test's body hangs");
    return result;
}

policy_pointer everything()
{
    static auto const result = std::make_shared<monitor_policy const>(monitor_policy::all());
    return result;
}

/// Each client asks for a turn, so that the proxy knows it.
asio::awaitable<void> greet(proxied_monitor& monitor, raw_client& client)
{
    co_await client.negotiate(R"("oob")");
    client.say(command_text("hello"));
    co_await monitor.peer.serve("hello");
    static_cast<void>(co_await client.line());
}

/// Calls a function with the first audit record of this command.
void at_audit(monitor_proxy_options& options, std::string name, std::function<void(monitor_audit const&)> act)
{
    options.audit = [name = std::move(name), act = std::move(act)](monitor_audit const& what) mutable {
        if (what.command == name && act)
            std::exchange(act, nullptr)(what);
    };
}

/// What a client sees of a proxy whose hook destroys it.
asio::awaitable<void> expect_end(asio::any_io_executor executor, monitor_proxy_options options, proxied_monitor*& where,
                                 std::string last)
{
    proxied_monitor monitor(executor, std::move(options));
    where = &monitor;
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    client.say(R"({"execute":"qmp_capabilities"})" + last);
    static_cast<void>(co_await client.end());
    BOOST_TEST(monitor.proxy.client_count() == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(monitor_hooks)

// ---- Exceptions ------------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_policy_that_cannot_be_decided_disconnects_its_client_only)
{
    auto const body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        monitor_proxy_options options;
        options.policy_for = [](monitor_client const& who) {
            if (who.number == 2)
                throw std::runtime_error("no policy");
            return everything();
        };
        proxied_monitor monitor(executor, std::move(options));
        co_await monitor.connect();
        raw_client first(executor, monitor.address);
        co_await greet(monitor, first);
        raw_client second(executor, monitor.address);
        BOOST_TEST(co_await second.end() == "");
        raw_client third(executor, monitor.address);
        co_await greet(monitor, third);
        co_await [](proxied_monitor& where, raw_client& client) -> asio::awaitable<void> {
            client.say(command_text("again"));
            co_await where.peer.serve("again");
            static_cast<void>(co_await client.line());
        }(monitor, first);
    };
    texts const expected{"no policy"};
    BOOST_TEST(thrown_during(body()) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_audit_that_throws_delays_no_command)
{
    int records = 0;
    auto const body = [&records]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto options = allowing_all();
        auto const names = std::make_shared<monitor_policy const>(monitor_policy("p").allow("a").allow("b"));
        options.policy_for = [names](monitor_client const&) { return names; };
        options.audit = [&records](monitor_audit const& what) {
            ++records;
            throw std::runtime_error(std::string(what.command));
        };
        proxied_monitor monitor(executor, std::move(options));
        co_await monitor.connect();
        raw_client client(executor, monitor.address);
        co_await client.negotiate(R"("oob")");
        client.say(command_text("a") + command_text("no") + command_text("b"));
        co_await monitor.peer.serve("a");
        co_await monitor.peer.serve("b");
        for (int count = 0; count < 3; ++count)
            static_cast<void>(co_await client.line());
        client.say(command_text("a"));
        co_await monitor.peer.serve("a");
        static_cast<void>(co_await client.line());
    };
    auto const thrown = thrown_during(body());
    BOOST_TEST(records == 4);
    BOOST_TEST(thrown.size() == 4U);
}

BOOST_AUTO_TEST_CASE(hooks_of_coming_and_going_may_throw)
{
    auto const body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto options = like_qemu();
        options.most_clients = 1;
        options.on_connected = [](monitor_client const& who) {
            if (who.number == 1)
                throw std::runtime_error("connected");
        };
        options.on_disconnected = [](monitor_client const&) { throw std::runtime_error("disconnected"); };
        served_monitor monitor(executor, std::move(options));
        raw_client first(executor, monitor.address);
        BOOST_TEST(co_await first.end() == "");
        {
            raw_client second(executor, monitor.address);
            co_await second.negotiate();
        }
        raw_client third(executor, monitor.address);
        co_await third.negotiate();
        monitor.server.close();
        BOOST_TEST(co_await third.end() == "");
    };
    texts const expected{"connected", "disconnected", "disconnected"};
    auto thrown = thrown_during(body());
    BOOST_TEST(thrown == expected, boost::test_tools::per_element());
}

// ---- The end of the proxy --------------------------------------------------------------------------------------------------

COROUTINE_TEST_CASE(each_hook_may_destroy_its_proxy)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor* monitor = nullptr;
    auto const destroy = [&monitor] { static_cast<void>(coqmp::monitor_proxy(std::move(monitor->proxy))); };
    {
        monitor_proxy_options options;
        options.policy_for = [&](monitor_client const&) {
            destroy();
            return everything();
        };
        co_await expect_end(executor, std::move(options), monitor, "");
    }
    {
        auto options = allowing_all();
        options.on_connected = [&](monitor_client const&) { destroy(); };
        co_await expect_end(executor, std::move(options), monitor, "");
    }
    {
        monitor_proxy_options options;
        at_audit(options, "stop", [&](monitor_audit const&) { destroy(); });  // when it is refused
        co_await expect_end(executor, std::move(options), monitor, command_text("stop") + command_text("stop"));
    }
}

COROUTINE_TEST_CASE(a_proxy_may_be_destroyed_when_a_client_leaves_or_gets_its_answer)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor* where = nullptr;
    auto const destroy = [&where] { static_cast<void>(coqmp::monitor_proxy(std::move(where->proxy))); };
    for (bool const by_departure : {true, false}) {
        auto options = allowing_all();
        if (by_departure)
            options.on_disconnected = [&](monitor_client const&) { destroy(); };
        else
            at_audit(options, "a1", [&](monitor_audit const&) { destroy(); });
        proxied_monitor monitor(executor, std::move(options));
        where = &monitor;
        co_await monitor.connect();
        raw_client staying(executor, monitor.address);
        raw_client other(executor, monitor.address);
        co_await greet(monitor, staying);
        co_await greet(monitor, other);
        other.say(command_text("a1") + command_text("a2"));
        json::value const id = co_await monitor.peer.expect("a1");
        if (by_departure)
            other.close();
        else
            monitor.peer.answer(id, 1);
        static_cast<void>(co_await staying.end());
    }
}

COROUTINE_TEST_CASE(a_change_of_policies_may_destroy_the_proxy)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor* where = nullptr;
    bool is_changing = false;
    monitor_proxy_options options;
    options.policy_for = [&](monitor_client const&) {
        if (is_changing)
            static_cast<void>(coqmp::monitor_proxy(std::move(where->proxy)));
        return everything();
    };
    proxied_monitor monitor(executor, std::move(options));
    where = &monitor;
    co_await monitor.connect();
    raw_client first(executor, monitor.address);
    raw_client second(executor, monitor.address);
    co_await greet(monitor, first);
    co_await greet(monitor, second);
    is_changing = true;
    monitor.proxy.apply_policies();
    BOOST_TEST(co_await first.end() == "");
    BOOST_TEST(co_await second.end() == "");
}

COROUTINE_TEST_CASE(no_hook_is_called_after_its_proxy_was_destroyed_on_a_strand)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor* where = nullptr;
    int later = 0;
    monitor_proxy_options options;
    options.policy_for = [&](monitor_client const&) {
        later += where == nullptr ? 1 : 0;
        return std::make_shared<monitor_policy const>(monitor_policy::read_only());
    };
    options.audit = [&](monitor_audit const&) {
        if (where == nullptr)
            ++later;
        else
            static_cast<void>(coqmp::monitor_proxy(std::move(std::exchange(where, nullptr)->proxy)));
    };
    options.on_disconnected = [&](monitor_client const&) { later += where == nullptr ? 1 : 0; };
    proxied_monitor monitor(asio::make_strand(executor), std::move(options));
    where = &monitor;
    co_await monitor.connect();
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    client.say(command_text("stop") + command_text("stop") + command_text("cont"));
    static_cast<void>(co_await client.end());
    BOOST_TEST(later == 0);
}

COROUTINE_TEST_CASE(no_handler_is_called_after_its_server_was_destroyed_on_a_strand)
{
    auto const executor = co_await asio::this_coro::executor;
    served_monitor monitor(asio::make_strand(executor));
    int calls = 0;
    monitor.server.handle_others([&](coqmp::monitor_request request) {
        ++calls;
        static_cast<void>(coqmp::monitor_server(std::move(monitor.server)));
        request.answer();
    });
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    client.say(command_text("a") + command_text("b") + command_text("c"));
    static_cast<void>(co_await client.end());
    BOOST_TEST(calls == 1);
}

// ---- Calls of the proxy ----------------------------------------------------------------------------------------------------

COROUTINE_TEST_CASE(a_hook_may_change_the_policies_while_they_change)
{
    auto const executor = co_await asio::this_coro::executor;
    proxied_monitor* where = nullptr;
    bool is_rejected = false;
    int depth = 0;
    monitor_proxy_options options;
    options.policy_for = [&](monitor_client const& who) {
        if (is_rejected && depth++ < 2)
            where->proxy.apply_policies();
        return is_rejected && who.number != 2 ? nullptr : everything();
    };
    proxied_monitor monitor(executor, std::move(options));
    where = &monitor;
    co_await monitor.connect();
    raw_client first(executor, monitor.address);
    co_await greet(monitor, first);
    raw_client second(executor, monitor.address);
    co_await greet(monitor, second);
    raw_client third(executor, monitor.address);
    co_await greet(monitor, third);
    is_rejected = true;
    monitor.proxy.apply_policies();
    BOOST_TEST(co_await first.end() == "");
    BOOST_TEST(co_await third.end() == "");
    second.say(command_text("still"));
    co_await monitor.peer.serve("still");
    static_cast<void>(co_await second.line());
}

COROUTINE_TEST_CASE(nothing_is_sent_for_a_client_that_is_being_disconnected)
{
    auto const executor = co_await asio::this_coro::executor;
    bool is_rejected = false;
    monitor_proxy_options options;
    options.policy_for = [&](monitor_client const& who) { return is_rejected && who.number != 3 ? nullptr : everything(); };
    proxied_monitor monitor(executor, std::move(options));
    co_await monitor.connect();
    raw_client first(executor, monitor.address);
    co_await greet(monitor, first);
    raw_client second(executor, monitor.address);
    co_await greet(monitor, second);
    first.say(command_text("a1") + command_text("a2"));
    static_cast<void>(co_await monitor.peer.expect("a1"));
    second.say(command_text("b1") + command_text("b2"));
    static_cast<void>(co_await monitor.peer.expect("b1"));
    is_rejected = true;
    monitor.proxy.apply_policies();  // whichever is disconnected first, the other one is then alone
    static_cast<void>(co_await first.end());
    static_cast<void>(co_await second.end());
    raw_client third(executor, monitor.address);
    co_await third.negotiate();
    third.say(command_text("next"));
    static_cast<void>(co_await monitor.peer.expect("next"));
}

COROUTINE_TEST_CASE(a_command_that_came_after_the_drain_began_is_dropped_with_its_client)
{
    auto const executor = co_await asio::this_coro::executor;
    audit_book book;
    proxied_monitor monitor(executor, book.options());
    co_await monitor.connect();
    raw_client leaving(executor, monitor.address);
    co_await greet(monitor, leaving);
    raw_client staying(executor, monitor.address);
    co_await greet(monitor, staying);
    staying.say(command_text("slow"));
    json::value const id = co_await monitor.peer.expect("slow");
    monitor.proxy.async_drain([](boost::system::error_code) {});
    leaving.say(command_text("late"));
    leaving.close();
    while (monitor.proxy.client_count() == 2)
        co_await asio::post(executor, asio::use_awaitable);
    monitor.peer.answer(id, 1);
    static_cast<void>(co_await staying.line());
    texts const expected{"hello ok", "hello ok", "late ok dropped", "slow ok"};
    BOOST_TEST(book.lines == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
