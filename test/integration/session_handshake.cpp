// The beginning of a conversation: peers that are silent, leave, refuse, or send something else than QMP.
#include "support/conversation.hpp"
#include "support/open_descriptors.hpp"
#include "support/simulated_time.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <chrono>
#include <string>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::endpoint;
using coqmp::errc;

namespace {

// g++ 12 takes no initializer list in a loop of a coroutine.
constexpr std::array bad_beginnings = {"", "garbage", R"({"QMP": 5})", R"({"QMP)"};

coqmp::session_options patience(std::chrono::nanoseconds time)
{
    coqmp::session_options options;
    options.connect_timeout = time;
    return options;
}

/// How a session's connect ends when the peer says this and leaves, or stays.
asio::awaitable<error_code> connect_to_one_who_says(std::string what, bool leaves)
{
    auto const executor = co_await this_coro::executor;
    auto& time = simulate_time(executor);
    conversation talk(executor, patience(leaves ? 0ns : 30s));
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    talk.peer.say(what);
    if (leaves)
        talk.peer.close();
    while (!leaves && talk.client.counters().bytes_received < what.size())
        co_await asio::post(executor, asio::deferred);
    while (!leaves && connected.times() == 0) {
        time.advance(30s);
        co_await asio::post(executor, asio::deferred);
    }
    co_return co_await connected.done();
}

}  // namespace

COROUTINE_TEST_CASE(a_monitor_that_accepts_and_stays_silent_is_busy)
{
    error_code const error = co_await connect_to_one_who_says("", false);
    BOOST_TEST(error == errc::monitor_busy);
    BOOST_TEST(error != errc::timed_out);
}

COROUTINE_TEST_CASE(a_monitor_that_greets_and_does_not_negotiate_is_not_busy_but_late)
{
    error_code const error = co_await connect_to_one_who_says(std::string(fake_peer::greeting_text), false);
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(error != errc::monitor_busy);
}

COROUTINE_TEST_CASE(a_deadline_of_zero_is_none)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor, patience(0ns));
    co_await talk.begin();
    BOOST_TEST(talk.client.out_of_band_enabled());
}

COROUTINE_TEST_CASE(a_peer_that_leaves_in_the_middle_of_its_greeting_is_a_disconnection)
{
    std::string const greeting(fake_peer::greeting_text);
    for (std::size_t length = 0; length <= greeting.size(); ++length) {
        error_code const error = co_await connect_to_one_who_says(greeting.substr(0, length), true);
        BOOST_TEST(error == errc::disconnected, "after " << length << " bytes: " << error.message());
    }
}

COROUTINE_TEST_CASE(a_peer_that_leaves_in_the_middle_of_its_answer_is_a_disconnection)
{
    auto const executor = co_await this_coro::executor;
    std::size_t cut = 0;
    for (bool whole = false; !whole; ++cut) {
        conversation talk(executor);
        completion<> connected(executor);
        talk.client.async_connect(talk.peer.address(), connected.token());
        talk.peer.greet();
        auto const asked = co_await talk.peer.receive();
        std::string const answer = R"({"return": {}, "id": )" + boost::json::serialize(asked.id) + "}";
        // The id, and so the answer, is not always as long.
        whole = cut + 1 >= answer.size();
        talk.peer.say(std::string_view(answer).substr(0, std::min(cut, answer.size() - 1)));
        talk.peer.close();
        error_code const error = co_await connected.done();
        BOOST_TEST(error == errc::disconnected, "after " << cut << " bytes: " << error.message());
    }
}

COROUTINE_TEST_CASE(a_reset_at_any_byte_of_the_greeting_is_a_disconnection)
{
    auto const executor = co_await this_coro::executor;
    std::string const greeting(fake_peer::greeting_text);
    fake_peer peer(executor, endpoint::tcp("127.0.0.1", 0));
    for (std::size_t length = 0; length <= greeting.size(); ++length) {
        coqmp::session client(executor);
        completion<> connected(executor);
        client.async_connect(peer.address(), connected.token());
        co_await peer.accept();
        peer.say(std::string_view(greeting).substr(0, length));
        // A reset takes with it what was not read.
        while (client.counters().bytes_received < length)
            co_await asio::post(executor, asio::deferred);
        peer.reset();
        error_code const error = co_await connected.done();
        BOOST_TEST(error == errc::disconnected, "after " << length << " bytes: " << error.message());
    }
}

COROUTINE_TEST_CASE(garbage_is_not_json)
{
    error_code error = co_await connect_to_one_who_says("SSH-2.0-OpenSSH_9.2\r\n", false);
    BOOST_TEST(error == errc::not_json);
    error = co_await connect_to_one_who_says("{]", false);
    BOOST_TEST(error == errc::not_json);
}

COROUTINE_TEST_CASE(a_greeting_that_makes_no_sense_is_not_qmp)
{
    error_code const error = co_await connect_to_one_who_says(R"({"QMP": 5})", false);
    BOOST_TEST(error == errc::not_qmp);
}

COROUTINE_TEST_CASE(a_refused_negotiation_is_tried_without_capabilities_and_then_fails)
{
    auto const executor = co_await this_coro::executor;
    std::string logged;
    coqmp::session_options options;
    options.log = [&logged](coqmp::log_level, std::string_view sentence) { logged += sentence; };
    conversation talk(executor, options);
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    talk.peer.greet();
    auto const first = co_await talk.peer.receive();
    BOOST_TEST(!first.arguments.empty());
    talk.peer.refuse(first.id, "GenericError", "no oob today");
    auto const second = co_await talk.peer.receive();
    BOOST_TEST(second.arguments.empty());
    talk.peer.refuse(second.id, "GenericError", "no at all");
    error_code const error = co_await connected.done();
    BOOST_TEST(error == errc::negotiation_refused);
    BOOST_TEST(logged.find("no at all") != std::string::npos);
}

COROUTINE_TEST_CASE(an_earlier_clients_reply_does_not_disturb_the_handshake)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    talk.peer.answer(1);
    talk.peer.greet();
    auto const id = co_await talk.peer.expect("qmp_capabilities");
    talk.peer.answer("somebody-else");
    talk.peer.answer(id);
    error_code const error = co_await connected.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(talk.client.counters().unknown_ids == 2U);
}

BOOST_AUTO_TEST_CASE(no_outcome_of_connect_leaves_a_descriptor_behind)
{
    std::size_t const before = open_descriptors();
    run([]() -> asio::awaitable<void> {
        for (char const* text : bad_beginnings) {
            co_await connect_to_one_who_says(text, false);
            co_await connect_to_one_who_says(text, true);
        }
        co_await connect_error(endpoint::unix_socket("/nowhere/at/all"));
    }());
    BOOST_TEST(open_descriptors() == before);
}
