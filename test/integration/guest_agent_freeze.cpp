// A guest that was frozen, with a fake agent in simulated time, is always thawed again.
#include "support/agent_stage.hpp"

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;
using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::command;
using coqmp::errc;
using coqmp::guest_program;
using coqmp::reply;

namespace {

/// Freezes, and keeps the guest frozen until the signal or a cancellation.
asio::awaitable<int> freeze_and_hold(coqmp::guest_agent& client, asio::steady_timer& until)
{
    auto freezing = client.freeze(2min);
    coqmp::guest_freeze const frozen = co_await std::move(freezing);
    co_await until.async_wait(asio::deferred);
    co_return 1;
}

}  // namespace

COROUTINE_TEST_CASE(a_frozen_guest_refuses_other_commands_and_is_thawed)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    auto freezing = now.client.freeze();
    coqmp::guest_freeze frozen = co_await std::move(freezing);
    BOOST_TEST(frozen.filesystems() == 2);
    BOOST_TEST(now.fake.guest().is_frozen);
    auto const refused = co_await failure_of(now.client.exec("/bin/ls"));
    BOOST_TEST((refused == coqmp::error_class::command_not_found));
    BOOST_TEST(count(now.fake.guest(), "guest-exec") == 0);
    auto second = now.client.freeze();
    auto const again = co_await failure_of(std::move(second));
    BOOST_TEST((again == coqmp::error_class::command_not_found));
    co_await now.client.ping();
    std::int64_t const thawed = co_await frozen.thaw();
    BOOST_TEST(thawed == 2);
    BOOST_TEST(!now.fake.guest().is_frozen);
    auto const twice = co_await failure_of(frozen.thaw());
    BOOST_TEST(twice == errc::thawed_early);
    BOOST_TEST(count(now.fake.guest(), "guest-fsfreeze-thaw") == 1);
}

COROUTINE_TEST_CASE(a_guest_is_thawed_when_the_guard_is_destroyed)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    {
        auto freezing = now.client.freeze();
        coqmp::guest_freeze frozen = co_await std::move(freezing);
        coqmp::guest_freeze const moved = std::move(frozen);
        BOOST_TEST(now.fake.guest().is_frozen);
    }
    co_await now.fake.until([&] { return !now.fake.guest().is_frozen; });
}

COROUTINE_TEST_CASE(a_guest_is_thawed_at_the_limit_and_its_owner_learns_it)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    std::vector<std::string> const mounts(1, "/mnt");
    auto freezing = now.client.freeze(1min, mounts);
    coqmp::guest_freeze frozen = co_await std::move(freezing);
    BOOST_TEST(now.fake.guest().received.back() == "guest-fsfreeze-freeze-list");
    now.time.advance(1min);
    co_await now.fake.until([&] { return !now.fake.guest().is_frozen; });
    auto const error = co_await failure_of(frozen.thaw());
    BOOST_TEST(error == errc::thawed_early);
}

COROUTINE_TEST_CASE(a_guest_that_another_client_thawed_was_thawed_early)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    auto freezing = now.client.freeze();
    coqmp::guest_freeze frozen = co_await std::move(freezing);
    now.fake.guest().is_frozen = false;
    auto const error = co_await failure_of(frozen.thaw());
    BOOST_TEST(error == errc::thawed_early);
}

COROUTINE_TEST_CASE(a_guest_is_thawed_after_a_freeze_that_failed)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    now.fake.guest().refused = {"guest-fsfreeze-freeze"};
    auto const error = co_await failure_of(now.client.freeze());
    BOOST_TEST((error == coqmp::error_class::generic_error));
    co_await now.fake.has_received("guest-fsfreeze-thaw");
    co_await now.client.ping();
}

COROUTINE_TEST_CASE(a_guest_is_thawed_after_a_freeze_that_timed_out)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    now.fake.guest().held = {"guest-fsfreeze-freeze"};
    beside<int> freezing(now.executor, [](coqmp::guest_agent& client) -> asio::awaitable<int> {
        auto operation = client.freeze();
        coqmp::guest_freeze const frozen = co_await std::move(operation);
        co_return 1;
    }(now.client));
    co_await now.fake.has_received("guest-fsfreeze-freeze");
    now.time.advance(10min - 1ns);
    for (int count = 0; count < 20; ++count)
        co_await asio::post(now.executor, asio::deferred);
    BOOST_TEST(!freezing.is_over());
    now.time.advance(1ns);
    co_await now.fake.until([&] { return freezing.is_over() && !now.fake.guest().is_frozen; });
    BOOST_TEST(freezing.error() == errc::timed_out);
}

COROUTINE_TEST_CASE(a_guest_is_thawed_after_a_freeze_that_was_cancelled)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    asio::steady_timer forever(now.executor, asio::steady_timer::time_point::max());
    now.fake.guest().held = {"guest-fsfreeze-freeze"};
    beside<int> freezing(now.executor, freeze_and_hold(now.client, forever));
    co_await now.fake.has_received("guest-fsfreeze-freeze");
    freezing.cancel();
    co_await now.fake.until([&] { return freezing.is_over(); });
    BOOST_TEST(freezing.error() == asio::error::operation_aborted);
    BOOST_TEST(now.fake.guest().is_frozen);
    now.fake.guest().held.clear();
    now.fake.release();
    co_await now.fake.until([&] { return !now.fake.guest().is_frozen; });

    co_await now.client.ping();  // answered after the thaw
    now.fake.guest().received.clear();
    beside<int> holding(now.executor, freeze_and_hold(now.client, forever));
    co_await now.fake.has_received("guest-fsfreeze-freeze");
    for (int count = 0; count < 20; ++count)
        co_await asio::post(now.executor, asio::deferred);
    holding.cancel();
    co_await now.fake.until([&] { return holding.is_over() && !now.fake.guest().is_frozen; });
}

COROUTINE_TEST_CASE(a_guest_is_thawed_before_the_connection_is_closed)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    auto freezing = now.client.freeze();
    coqmp::guest_freeze frozen = co_await std::move(freezing);
    {
        coqmp::guest_agent const gone = std::move(now.client);
    }
    co_await now.fake.until([&] { return !now.fake.guest().is_frozen; });
    auto const error = co_await failure_of(frozen.thaw());
    BOOST_TEST(error == errc::thawed_early);
}

COROUTINE_TEST_CASE(thawing_is_tried_again_until_it_succeeds)
{
    agent_stage now(co_await this_coro::executor);
    co_await now.begin();
    auto freezing = now.client.freeze();
    coqmp::guest_freeze frozen = co_await std::move(freezing);
    now.fake.guest().refused = {"guest-fsfreeze-thaw"};
    auto const error = co_await failure_of(frozen.thaw());
    BOOST_TEST((error == coqmp::error_class::generic_error));
    co_await now.pass_until([&] { return count(now.fake.guest(), "guest-fsfreeze-thaw") >= 4; });
    BOOST_TEST(now.fake.guest().is_frozen);
    now.fake.guest().refused.clear();
    co_await now.pass_until([&] { return !now.fake.guest().is_frozen; });
}
