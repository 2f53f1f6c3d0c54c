// Recorded conversations that are repeated.
#include <coqmp/testing/replay.hpp>

#include "support/completion.hpp"
#include "support/run.hpp"
#include "support/served_monitor.hpp"
#include "support/spawned.hpp"

#include <coqmp/testing/fake_qemu.hpp>
#include <coqmp/testing/transcript_mismatch.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using namespace coqmp::test;
using coqmp::testing::fake_qemu;
using coqmp::testing::scripted_peer;
using coqmp::testing::transcript;
using coqmp::testing::transcript_mismatch;

namespace {

/// What a program does with its QEMU. @return the name of a disk
asio::awaitable<std::string> use(coqmp::endpoint monitor, std::string argument = "disk0", transcript* tape = nullptr)
{
    coqmp::session_options options;
    if (tape != nullptr)
        options.trace = [tape](coqmp::direction way, std::string_view text) { tape->add(way, text); };
    coqmp::session client = co_await connect_to(std::move(monitor), options);
    coqmp::event_stream events = client.subscribe({"STOP"});
    co_await client.execute("stop");
    auto const stopped = co_await events.next();
    BOOST_TEST((stopped && stopped->name == "STOP"));
    json::value const disk = co_await client.execute(coqmp::command("query-disk").with("node", argument));
    co_return disk.at("name").as_string().c_str();
}

asio::awaitable<transcript> record()
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    qemu.answer("query-disk", json::object{{"name", "disk0"}});
    transcript tape;
    std::string const name = co_await use(qemu.pair(), "disk0", &tape);
    BOOST_TEST(name == "disk0");
    co_return tape;
}

/// Executes two commands at a time. @return both answers
asio::awaitable<std::pair<json::value, json::value>> ask_twice(coqmp::endpoint monitor)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::session client = co_await connect_to(std::move(monitor));
    spawned<json::value> first(executor, client.execute("a"));
    spawned<json::value> second(executor, client.execute("b"));
    co_await first.done();
    co_await second.done();
    co_return std::pair(first.value(), second.value());
}

/// Why a conversation cannot be repeated with a program.
asio::awaitable<std::string> mismatch(transcript tape, std::string argument)
{
    auto const executor = co_await asio::this_coro::executor;
    std::optional<scripted_peer> peer(scripted_peer::pair(executor));
    spawned<std::string> program(executor, use(peer->address(), std::move(argument)));
    std::string why;
    try {
        co_await coqmp::testing::replay(*peer, std::move(tape));
    } catch (std::runtime_error const& error) {
        why = error.what();
    }
    peer.reset();
    co_await program.done();
    co_return why;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replay_)

COROUTINE_TEST_CASE(a_recorded_conversation_is_repeated)
{
    auto const executor = co_await asio::this_coro::executor;
    transcript const tape = co_await record();
    BOOST_TEST(tape.messages().size() == 8);  // the greeting, three commands and their replies, an event
    scripted_peer peer = scripted_peer::pair(executor);
    spawned<std::string> program(executor, use(peer.address()));
    co_await coqmp::testing::replay(peer, tape);
    co_await program.done();
    BOOST_TEST(program.value() == "disk0");
}

// The session negotiates, because without that it has one command on the wire until it knows that its peer returns ids.
COROUTINE_TEST_CASE(ids_may_differ)
{
    auto const executor = co_await asio::this_coro::executor;
    auto const tape = transcript::parse(
        "< {\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\n"
        "> {\"execute\": \"qmp_capabilities\", \"id\": \"begin\", \"arguments\": {\"enable\": [\"oob\"]}}\n"
        "< {\"return\": {}, \"id\": \"begin\"}\n"
        "> {\"execute\": \"a\", \"id\": {\"mine\": 1}}\n"
        "> {\"id\": 1000, \"execute\": \"b\"}\n"
        "< {\"return\": \"of b\", \"id\": 1000}\n"
        "< {\"event\": \"STOP\"}\n"
        "< {\"return\": \"of a\", \"id\": {\"mine\": 1}}\n");
    scripted_peer peer = scripted_peer::pair(executor);
    spawned<std::pair<json::value, json::value>> program(executor, ask_twice(peer.address()));
    co_await coqmp::testing::replay(peer, tape);
    co_await program.done();
    BOOST_TEST(program.value().first == json::value("of a"));
    BOOST_TEST(program.value().second == json::value("of b"));
}

COROUTINE_TEST_CASE(a_difference_is_reported)
{
    transcript const tape = co_await record();
    std::string const why = co_await mismatch(tape, "disk1");
    BOOST_TEST(why.starts_with("message 7 of the transcript is "));
    BOOST_TEST(why.find(R"("node":"disk0")") < why.find(", but the client has sent "));
    BOOST_TEST(why.find(R"("node":"disk1")") > why.find(", but the client has sent "));
}

COROUTINE_TEST_CASE(a_client_that_leaves_early_is_reported)
{
    transcript tape = co_await record();
    tape.add(coqmp::direction::sent, R"({"execute": "quit"})");
    std::string const why = co_await mismatch(tape, "disk0");
    BOOST_TEST(why == R"(message 9 of the transcript is {"execute": "quit"}, but the client has disconnected)");
}

BOOST_AUTO_TEST_SUITE_END()
