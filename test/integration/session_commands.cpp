// Commands: what is sent, what comes back, what is refused, what comes too late.
#include "support/conversation.hpp"
#include "support/open_descriptors.hpp"
#include "support/spawned.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>

#include <fcntl.h>
#include <cerrno>
#include <limits>
#include <thread>
#include <vector>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::command;
using coqmp::errc;
using coqmp::reply;

namespace {

using executed = spawned<json::value>;

asio::awaitable<void> serve_one(fake_peer& peer)
{
    co_await peer.accept();
    co_await peer.handshake();
    co_await peer.serve("query-status");
    co_await peer.flushed();
}

command within(command what, std::chrono::nanoseconds time)
{
    return std::move(what.timeout(time));
}

}  // namespace

COROUTINE_TEST_CASE(a_reply_reaches_the_caller)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto status = talk.ask(command("query-status").with("deep", true));
    auto const got = co_await talk.peer.receive();
    BOOST_TEST(got.text == R"({"execute":"query-status","arguments":{"deep":true},"id":1})");
    talk.peer.answer(got.id, "fine");
    error_code const error = co_await status.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(status.value() == reply(json::value("fine")));
}

COROUTINE_TEST_CASE(a_refusal_is_a_reply_and_not_an_error_code)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto answer = talk.ask("no-such-command");
    json::value const id = co_await talk.peer.expect("no-such-command");
    talk.peer.refuse(id, "CommandNotFound", "The command is not there");
    error_code const error = co_await answer.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(answer.value().has_error());
    BOOST_TEST(answer.value().error().class_name == "CommandNotFound");
}

COROUTINE_TEST_CASE(execute_returns_the_value)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    executed run(talk.client.get_executor(), talk.client.execute("query-status"));
    co_await talk.peer.serve("query-status", 7);
    co_await run.done();
    BOOST_TEST(run.value() == json::value(7));
}

COROUTINE_TEST_CASE(execute_throws_what_qemu_answered)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    executed run(talk.client.get_executor(), talk.client.execute("device_del"));
    json::value const id = co_await talk.peer.expect("device_del");
    talk.peer.refuse(id, "DeviceNotFound", "Device 'x' not found");
    co_await run.done();
    auto const& failure = run.thrown<coqmp::command_failed>();
    BOOST_TEST(failure.command() == "device_del");
    BOOST_TEST(failure.error().class_name == "DeviceNotFound");
    BOOST_TEST(failure.error().description == "Device 'x' not found");
    BOOST_TEST((failure.code() == coqmp::error_class::device_not_found));
}

COROUTINE_TEST_CASE(before_connect_a_command_is_not_sent)
{
    conversation talk(co_await this_coro::executor);
    error_code const error = co_await talk.ask("query-status").done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::not_sent);
    co_await talk.begin();
}

COROUTINE_TEST_CASE(after_close_a_command_is_not_sent)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    talk.client.close();
    error_code const error = co_await talk.ask("query-status").done();
    BOOST_TEST(error == errc::disconnected);
    BOOST_TEST(error == errc::not_sent);
    co_await talk.peer.end();
}

COROUTINE_TEST_CASE(seven_commands_are_on_the_wire_and_an_out_of_band_one_overtakes_the_rest)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    std::vector<completion<reply>> replies;
    for (int index = 0; index < 9; ++index)
        replies.push_back(talk.ask(command("query-status").with("number", index)));
    replies.push_back(talk.ask(command("query-yank").out_of_band()));
    std::vector<json::value> ids;
    for (int index = 0; index < 7; ++index) {
        auto const got = co_await talk.peer.receive();
        BOOST_TEST(got.arguments.at("number").as_int64() == index);
        ids.push_back(got.id);
    }
    auto const overtaker = co_await talk.peer.receive();
    BOOST_TEST(overtaker.name == "query-yank");
    BOOST_TEST(overtaker.out_of_band);
    BOOST_TEST(!talk.peer.has_input());
    talk.peer.answer(overtaker.id);
    co_await replies.back().done();
    BOOST_TEST(replies.front().times() == 0);
    talk.peer.answer(ids[0]);
    auto const eighth = co_await talk.peer.receive();
    BOOST_TEST(eighth.arguments.at("number").as_int64() == 7);
    for (std::size_t index = 1; index < ids.size(); ++index)
        talk.peer.answer(ids[index]);
    talk.peer.answer(eighth.id);
    co_await talk.peer.serve("query-status");
    for (auto const& each : replies) {
        error_code const error = co_await each.done();
        BOOST_TEST(error == error_code());
    }
}

COROUTINE_TEST_CASE(commands_that_are_started_together_go_out_together)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto first = talk.ask("first");
    auto second = talk.ask("second");
    auto const got = co_await talk.peer.receive();
    BOOST_TEST(got.name == "first");
    BOOST_TEST(talk.peer.has_input());
    talk.peer.answer(got.id);
    co_await talk.peer.serve("second");
    co_await first.done();
    co_await second.done();
}

COROUTINE_TEST_CASE(descriptors_travel_with_their_command_and_nothing_is_on_the_wire_with_it)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto before = talk.ask("before");
    int const opened = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    auto carrying = talk.ask(command("getfd").with("fdname", "null").with_descriptor(coqmp::descriptor(opened)));
    auto after = talk.ask("after");
    json::value id = co_await talk.peer.expect("before");
    BOOST_TEST(!talk.peer.has_input());
    talk.peer.answer(id);
    auto const got = co_await talk.peer.receive();
    BOOST_TEST(got.name == "getfd");
    BOOST_TEST(got.descriptors.size() == 1U);
    BOOST_TEST(!talk.peer.has_input());
    talk.peer.answer(got.id);
    co_await talk.peer.serve("after");
    co_await after.done();
    BOOST_TEST(::fcntl(opened, F_GETFD) == -1, "our copy is closed when the command is over");
}

COROUTINE_TEST_CASE(a_descriptor_that_is_closed_ends_its_command_and_not_the_session)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    error_code const error = co_await talk.ask(command("getfd").with_descriptor(coqmp::descriptor(-1))).done();
    BOOST_TEST(error == errc::closed_descriptor);
    BOOST_TEST(error == errc::not_sent);
    auto status = talk.ask("query-status");
    co_await talk.peer.serve("query-status");
    error_code const good = co_await status.done();
    BOOST_TEST(good == error_code());
}

COROUTINE_TEST_CASE(a_command_that_qemu_could_not_read_is_not_sent)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    json::value deep;
    for (int level = 0; level < 1023; ++level) {
        json::array around;
        around.push_back(std::move(deep));
        deep = std::move(around);
    }
    error_code error = co_await talk.ask(command("deep").with("too", std::move(deep))).done();
    BOOST_TEST(error == errc::arguments_too_deep);
    BOOST_TEST(error == errc::not_sent);
    error = co_await talk.ask(command("infinite").with("x", std::numeric_limits<double>::infinity())).done();
    BOOST_TEST(error == errc::arguments_not_json);
    error = co_await talk.ask(command("large").with("x", std::string(std::size_t{65} << 20, 'x'))).done();
    BOOST_TEST(error == errc::arguments_too_large);
    auto good = talk.ask("good");
    auto const got = co_await talk.peer.receive();
    BOOST_TEST(got.text == R"({"execute":"good","id":1})");
    talk.peer.answer(got.id);
    co_await good.done();
    BOOST_TEST(talk.client.counters().commands == 1U);
}

COROUTINE_TEST_CASE(out_of_band_needs_a_peer_that_offers_it)
{
    coqmp::session_options options;
    options.out_of_band = false;
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    error_code const error = co_await talk.ask(command("query-yank").out_of_band()).done();
    BOOST_TEST(error == errc::out_of_band_unavailable);
    BOOST_TEST(error == errc::not_sent);
}

COROUTINE_TEST_CASE(a_late_reply_is_dropped_and_counted_and_the_session_goes_on)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    auto slow = talk.ask(within("slow", 1ms));
    json::value const id = co_await talk.peer.expect("slow");
    error_code const error = co_await slow.done();
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(error == errc::outcome_unknown);
    talk.peer.answer(id, "late");
    auto next = talk.ask("next");
    co_await talk.peer.serve("next", "in time");
    co_await next.done();
    BOOST_TEST(next.value() == reply(json::value("in time")));
    BOOST_TEST(slow.times() == 1);
    BOOST_TEST(talk.client.counters().late_replies == 1U);
    BOOST_TEST(talk.client.counters().replies == 1U);
}

COROUTINE_TEST_CASE(the_sessions_timeout_is_for_commands_without_one)
{
    coqmp::session_options options;
    options.command_timeout = 1ms;
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    auto bounded = talk.ask("bounded");
    auto endless = talk.ask(within("endless", 0ns));
    error_code const error = co_await bounded.done();
    BOOST_TEST(error == errc::timed_out);
    co_await talk.peer.expect("bounded");
    json::value const id = co_await talk.peer.expect("endless");
    BOOST_TEST(endless.times() == 0);
    talk.peer.answer(id);
    error_code const good = co_await endless.done();
    BOOST_TEST(good == error_code());
}

COROUTINE_TEST_CASE(a_command_that_times_out_while_it_waits_is_never_sent)
{
    coqmp::session_options options;
    options.in_band_window = 1;
    conversation talk(co_await this_coro::executor, options);
    co_await talk.begin();
    auto first = talk.ask("first");
    auto second = talk.ask(within("second", 1ms));
    auto third = talk.ask("third");
    error_code const error = co_await second.done();
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(error == errc::not_sent);
    co_await talk.peer.serve("first");
    co_await talk.peer.serve("third");
    co_await third.done();
}

COROUTINE_TEST_CASE(a_deadline_that_has_passed_before_the_command_goes_out_is_kept_however_fast_the_answer)
{
    auto const executor = co_await this_coro::executor;
    temporary_directory const directory;
    auto const where = coqmp::endpoint::unix_socket(directory.path() / "monitor");
    asio::io_context elsewhere;
    fake_peer peer(elsewhere.get_executor(), where);
    auto answered = asio::co_spawn(elsewhere, serve_one(peer), asio::use_future);
    std::jthread const serving([&elsewhere] { elsewhere.run(); });
    coqmp::session client(executor);
    co_await client.async_connect(where, asio::deferred);
    completion<reply> hasty(executor);
    client.async_execute(within("query-status", 1ns), hasty.token());
    // It goes out before this handler runs; and then its answer is there before the session looks.
    asio::post(executor, [&answered] { answered.wait(); });
    error_code const error = co_await hasty.done();
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(error == errc::outcome_unknown);
}
