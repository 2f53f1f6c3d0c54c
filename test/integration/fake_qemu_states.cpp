// The run states of a fake QEMU, their events, and their order: those of a real QEMU.
#include <coqmp/testing/fake_qemu.hpp>

#include "support/real_qemu.hpp"
#include "support/run.hpp"
#include "support/served_monitor.hpp"

#include <coqmp/command_failed.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
using coqmp::endpoint;
using namespace coqmp::test;
using coqmp::testing::fake_qemu;
using coqmp::testing::fake_qemu_options;
using coqmp::testing::watchdog_action;

namespace {

/// What a client gets, without ids, times and versions.
class heard
{
public:
    [[nodiscard]] coqmp::session_options options() const
    {
        coqmp::session_options result;
        result.trace = [lines = lines_](coqmp::direction way, std::string_view text) {
            if (way == coqmp::direction::received)
                lines->push_back(without_accidents({text.data(), text.size()}));
        };
        return result;
    }
    [[nodiscard]] std::vector<std::string> const& lines() const noexcept { return *lines_; }

private:
    static std::string without_accidents(json::string_view text)
    {
        json::value const message = json::parse(text);
        json::object const& members = message.as_object();
        for (char const* const name : {"return", "error"})
            if (members.contains(name))
                return std::string(name) + " " + json::serialize(members.at(name));
        if (!members.contains("event"))
            return "greeting";
        json::value const data = members.contains("data") ? members.at("data") : json::object();
        return std::string(members.at("event").as_string()) + " " + json::serialize(data);
    }

    std::shared_ptr<std::vector<std::string>> lines_ = std::make_shared<std::vector<std::string>>();
};

/// Executes commands one after the other, also those that fail.
asio::awaitable<void> execute_all(endpoint monitor, std::vector<std::string> commands, heard& all)
{
    coqmp::session client = co_await connect_to(std::move(monitor), all.options());
    for (std::string const& each : commands) {
        try {
            co_await client.execute(each);
        } catch (coqmp::command_failed const&) {
            continue;  // it was heard
        }
    }
}

/// A client that listens while things happen to the guest.
struct listening_client
{
    heard all;
    std::unique_ptr<coqmp::session> client;

    /// @return what was heard since the session is ready
    asio::awaitable<std::vector<std::string>> lines_until_status()
    {
        std::size_t const begin = 2;  // the greeting, and the answer of the negotiation
        co_await client->execute("query-status");
        co_return std::vector<std::string>(all.lines().begin() + begin, all.lines().end());
    }

    asio::awaitable<std::vector<std::string>> lines_until_end()
    {
        co_await client->async_wait_closed(asio::use_awaitable);
        co_return std::vector<std::string>(all.lines().begin() + 2, all.lines().end());
    }
};

asio::awaitable<listening_client> listen_to(fake_qemu& qemu)
{
    listening_client result;
    result.client = std::make_unique<coqmp::session>(co_await connect_to(qemu.pair(), result.all.options()));
    co_return std::move(result);
}

using lines = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(fake_qemu_states)

COROUTINE_TEST_CASE(are_those_of_a_real_qemu)
{
    std::vector<std::string> const commands{
        "query-status", "stop",         "query-status",     "cont",          "cont",         "query-status", "stop",
        "stop",         "query-status", "system_reset",     "query-status",  "cont",         "system_reset", "query-status",
        "query-name",   "no-such",      "system_powerdown", "system_wakeup", "query-status", "quit"};
    heard real;
    {
        real_qemu const qemu;
        co_await execute_all(qemu.monitor(), commands, real);
    }
    fake_qemu_options options;
    options.greeting.version.major = 7;
    options.starts_paused = true;
    fake_qemu qemu{co_await asio::this_coro::executor, options};
    heard fake;
    co_await execute_all(qemu.pair(), commands, fake);
    BOOST_TEST(fake.lines() == real.lines(), boost::test_tools::per_element());
    BOOST_TEST(qemu.has_ended());
}

COROUTINE_TEST_CASE(are_the_same_on_a_strand)
{
    auto const strand = asio::make_strand(co_await asio::this_coro::executor);
    fake_qemu qemu{strand};
    listening_client heard = co_await listen_to(qemu);
    co_await heard.client->execute("stop");
    co_await heard.client->execute("quit");
    lines const expected{"STOP {}", "return {}", R"(SHUTDOWN {"guest":false,"reason":"host-qmp-quit"})", "return {}"};
    lines const all = co_await heard.lines_until_end();
    BOOST_TEST(all == expected, boost::test_tools::per_element());
}

COROUTINE_TEST_CASE(a_panic_pauses_the_guest)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    listening_client heard = co_await listen_to(qemu);
    qemu.guest().panic();
    lines const expected{R"(GUEST_PANICKED {"action":"pause"})", "STOP {}",
                         R"(return {"status":"guest-panicked","running":false})"};
    lines const all = co_await heard.lines_until_status();
    BOOST_TEST(all == expected, boost::test_tools::per_element());
}

COROUTINE_TEST_CASE(a_panic_ends_qemu)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    listening_client heard = co_await listen_to(qemu);
    qemu.guest().panic(coqmp::testing::panic_action::poweroff);
    lines const expected{R"(GUEST_PANICKED {"action":"poweroff"})", R"(SHUTDOWN {"guest":true,"reason":"guest-panic"})"};
    lines const all = co_await heard.lines_until_end();
    BOOST_TEST(all == expected, boost::test_tools::per_element());
    BOOST_TEST(qemu.has_ended());
}

COROUTINE_TEST_CASE(everything_that_happens_to_a_guest_is_heard_in_order)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    listening_client heard = co_await listen_to(qemu);
    auto guest = qemu.guest();
    guest.load_crash_kernel();
    guest.reset();
    guest.suspend();
    guest.wake_up();
    guest.expire_watchdog(watchdog_action::pause);
    guest.force(coqmp::run_state::running);
    guest.fail_disk();
    guest.force(coqmp::run_state::running);
    guest.fail_internally();
    lines const expected{R"(GUEST_CRASHLOADED {"action":"run"})",
                         R"(RESET {"guest":true,"reason":"guest-reset"})",
                         "SUSPEND {}",
                         "WAKEUP {}",
                         R"(WATCHDOG {"action":"pause"})",
                         "STOP {}",
                         "BLOCK_IO_ERROR {\"device\":\"\",\"node-name\":\"disk0\",\"nospace\":true,\"operation\":\"write\","
                         "\"action\":\"stop\",\"reason\":\"No space left on device\"}",
                         "STOP {}",
                         "STOP {}",
                         R"(return {"status":"internal-error","running":false})"};
    lines const all = co_await heard.lines_until_status();
    BOOST_TEST(all == expected, boost::test_tools::per_element());
}

COROUTINE_TEST_CASE(a_guest_that_shuts_down_ends_qemu)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    listening_client heard = co_await listen_to(qemu);
    qemu.guest().shut_down();
    lines const expected{R"(SHUTDOWN {"guest":true,"reason":"guest-shutdown"})"};
    lines const all = co_await heard.lines_until_end();
    BOOST_TEST(all == expected, boost::test_tools::per_element());
}

COROUTINE_TEST_CASE(a_signal_ends_qemu)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    listening_client heard = co_await listen_to(qemu);
    qemu.terminate();
    lines const expected{R"(SHUTDOWN {"guest":false,"reason":"host-signal"})"};
    lines const all = co_await heard.lines_until_end();
    BOOST_TEST(all == expected, boost::test_tools::per_element());
}

asio::awaitable<void> kill_between_events(asio::any_io_executor executor)
{
    fake_qemu qemu{executor};
    listening_client heard = co_await listen_to(qemu);
    qemu.hold("query-name");
    bool is_answered = false;
    heard.client->async_execute("query-name", [&](boost::system::error_code, coqmp::reply const&) { is_answered = true; });
    coqmp::monitor_request request = co_await qemu.expect("query-name");
    qemu.publish("BEFORE");
    qemu.line().say("{\"event\": \"BETWEEN\"}\r\n");
    request.answer("the last answer");
    qemu.kill();
    BOOST_TEST(qemu.has_ended());
    qemu.publish("AFTER");
    qemu.line().say("{\"event\": \"AFTER\"}\r\n");
    qemu.guest().panic();
    lines const expected{"BEFORE {}", "BETWEEN {}", R"(return "the last answer")"};
    lines const all = co_await heard.lines_until_end();
    BOOST_TEST(all == expected, boost::test_tools::per_element());
    BOOST_TEST(is_answered);
}

COROUTINE_TEST_CASE(a_killed_qemu_sends_what_came_before_and_nothing_else)
{
    co_await kill_between_events(co_await asio::this_coro::executor);
}

COROUTINE_TEST_CASE(a_killed_qemu_keeps_the_order_on_a_strand)
{
    asio::any_io_executor const strand = asio::make_strand(co_await asio::this_coro::executor);
    asio::awaitable<void> killing = kill_between_events(strand);
    co_await asio::co_spawn(strand, std::move(killing), asio::use_awaitable);
}

BOOST_AUTO_TEST_SUITE_END()
