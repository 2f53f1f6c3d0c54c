// Connecting: every way to get a connection, every way not to get one, and what is left behind.
#include "support/conversation.hpp"
#include "support/open_descriptors.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace asio = boost::asio;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;
using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::endpoint;
using coqmp::errc;

namespace {

// g++ 12 takes no initializer list in a loop of a coroutine.
constexpr std::array abandoning = {asio::cancellation_type::terminal, asio::cancellation_type::partial};
constexpr std::array bad_beginnings = {"", "garbage", R"({"QMP": 5})", R"({"QMP)"};

error_code kernel(int number)
{
    return {number, boost::system::system_category()};
}

/// Fails to connect, and returns the error.
asio::awaitable<error_code> connect_error(endpoint where, coqmp::session_options options = {})
{
    coqmp::session client(co_await this_coro::executor, std::move(options));
    completion<> connected(client.get_executor());
    client.async_connect(std::move(where), connected.token());
    co_return co_await connected.done();
}

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
    conversation talk(executor, patience(leaves ? 0ns : 20ms));
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    talk.peer.say(what);
    if (leaves)
        talk.peer.close();
    co_return co_await connected.done();
}

asio::awaitable<void> works_over(endpoint where)
{
    auto const executor = co_await this_coro::executor;
    fake_peer peer(executor, where);
    coqmp::session client(executor);
    completion<> connected(executor);
    client.async_connect(peer.address(), connected.token());
    co_await peer.accept();
    co_await peer.handshake();
    error_code const error = co_await connected.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(client.greeting().version.major == 7);
    BOOST_TEST(client.greeting().version.package == "fake");
    BOOST_TEST(client.out_of_band_enabled());
}

}  // namespace

COROUTINE_TEST_CASE(connects_over_a_unix_socket)
{
    temporary_directory const directory;
    co_await works_over(endpoint::unix_socket(directory.path() / "monitor"));
}

COROUTINE_TEST_CASE(connects_over_tcp)
{
    co_await works_over(endpoint::tcp("127.0.0.1", 0));
}

COROUTINE_TEST_CASE(connects_to_a_host_by_name)
{
    auto const executor = co_await this_coro::executor;
    fake_peer peer(executor, endpoint::tcp("127.0.0.1", 0));
    coqmp::session client(executor);
    completion<> connected(executor);
    client.async_connect(endpoint::tcp("localhost", peer.address().port()), connected.token());
    co_await peer.accept();
    co_await peer.handshake();
    error_code const error = co_await connected.done();
    BOOST_TEST(error == error_code());
}

COROUTINE_TEST_CASE(connects_through_a_descriptor)
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    BOOST_TEST(talk.client.greeting().version.minor == 2);
}

COROUTINE_TEST_CASE(the_handshake_asks_for_oob_only_if_it_is_offered)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    talk.peer.say(R"({"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 9}, "package": ""}, "capabilities": []}})");
    auto const asked = co_await talk.peer.receive();
    BOOST_TEST(asked.name == "qmp_capabilities");
    BOOST_TEST(asked.arguments.empty());
    talk.peer.answer(asked.id);
    error_code const error = co_await connected.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(!talk.client.out_of_band_enabled());
}

COROUTINE_TEST_CASE(the_greeting_shows_only_when_connect_has_completed)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    talk.peer.greet();
    auto const asked = co_await talk.peer.receive();
    BOOST_TEST((talk.client.greeting() == coqmp::greeting()));
    talk.peer.answer(asked.id);
    co_await connected.done();
    BOOST_TEST(talk.client.greeting().version.major == 7);
}

COROUTINE_TEST_CASE(without_negotiation_the_session_is_ready_at_once)
{
    auto const executor = co_await this_coro::executor;
    coqmp::session_options options;
    options.negotiate = false;
    conversation talk(executor, options);
    completion<> connected(executor);
    talk.client.async_connect(talk.peer.address(), connected.token());
    error_code const error = co_await connected.done();
    BOOST_TEST(error == error_code());
    auto answer = talk.ask("guest-ping");
    co_await talk.peer.serve("guest-ping");
    error_code const answered = co_await answer.done();
    BOOST_TEST(answered == error_code());
}

COROUTINE_TEST_CASE(no_process_listens_on_the_path)
{
    temporary_directory const directory;
    auto const path = directory.path() / "monitor";
    {
        fake_peer const gone(co_await this_coro::executor, endpoint::unix_socket(path));
    }
    error_code const error = co_await connect_error(endpoint::unix_socket(path));
    BOOST_TEST(error == kernel(ECONNREFUSED));
}

COROUTINE_TEST_CASE(no_process_listens_on_the_port)
{
    auto const executor = co_await this_coro::executor;
    std::uint16_t port = 0;
    {
        fake_peer const gone(executor, endpoint::tcp("127.0.0.1", 0));
        port = gone.address().port();
    }
    error_code const error = co_await connect_error(endpoint::tcp("127.0.0.1", port));
    BOOST_TEST(error == kernel(ECONNREFUSED));
}

COROUTINE_TEST_CASE(there_is_no_such_path)
{
    temporary_directory const directory;
    error_code const error = co_await connect_error(endpoint::unix_socket(directory.path() / "nothing"));
    BOOST_TEST(error == kernel(ENOENT));
}

COROUTINE_TEST_CASE(there_is_no_such_host)
{
    error_code const error = co_await connect_error(endpoint::tcp("no-such-host.invalid", 4444));
    BOOST_TEST(error.failed());
    BOOST_TEST((error.category() == asio::error::get_netdb_category()));
}

COROUTINE_TEST_CASE(a_full_backlog_is_a_busy_monitor)
{
    auto const executor = co_await this_coro::executor;
    temporary_directory const directory;
    auto const where = endpoint::unix_socket(directory.path() / "monitor");
    fake_peer const busy(executor, where, 0);
    coqmp::session first(executor);
    completion<> waits(executor);
    first.async_connect(where, waits.token());
    error_code const error = co_await connect_error(where);
    BOOST_TEST(error == errc::monitor_busy);
    first.close();
    error_code const closed = co_await waits.done();
    BOOST_TEST(closed == asio::error::operation_aborted);
}

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

COROUTINE_TEST_CASE(a_session_connects_once)
{
    auto const executor = co_await this_coro::executor;
    conversation talk(executor);
    co_await talk.begin();
    fake_peer second = fake_peer::pair(executor);
    completion<> again(executor);
    endpoint const where = second.address();
    talk.client.async_connect(where, again.token());
    error_code const error = co_await again.done();
    BOOST_TEST(error == errc::already_started);
    // The endpoint still owns the connection, and another session can use it.
    coqmp::session other(executor);
    completion<> connected(executor);
    other.async_connect(where, connected.token());
    co_await second.handshake();
    error_code const used = co_await connected.done();
    BOOST_TEST(used == error_code());
    auto answer = talk.ask("query-status");
    co_await talk.peer.serve("query-status");
    error_code const answered = co_await answer.done();
    BOOST_TEST(answered == error_code());
}

COROUTINE_TEST_CASE(a_closed_session_does_not_connect)
{
    conversation talk(co_await this_coro::executor);
    talk.client.close();
    completion<> connected(talk.client.get_executor());
    talk.client.async_connect(talk.peer.address(), connected.token());
    error_code const error = co_await connected.done();
    BOOST_TEST(error == errc::disconnected);
}

// The caller keeps its own descriptor of the connection, so that closing the session's is not enough to end it.
COROUTINE_TEST_CASE(a_session_shuts_down_a_connection_that_the_caller_also_owns)
{
    conversation talk(co_await this_coro::executor);
    coqmp::endpoint const kept = talk.peer.address();
    completion<> connected(talk.client.get_executor());
    talk.client.async_connect(kept, connected.token());
    co_await talk.peer.handshake();
    co_await connected.done();
    talk.client.close();
    std::string const rest = co_await talk.peer.end();
    BOOST_TEST(rest.empty());
    BOOST_TEST(::fcntl(kept.descriptor(), F_GETFD) >= 0);
}

COROUTINE_TEST_CASE(a_descriptor_that_is_not_a_stream_socket_is_rejected_and_closed)
{
    std::array<int, 2> pipe{};
    BOOST_REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    ::close(pipe[1]);
    error_code error = co_await connect_error(endpoint::descriptor(coqmp::descriptor(pipe[0])));
    BOOST_TEST(error == kernel(ENOTSOCK));
    BOOST_TEST(::fcntl(pipe[0], F_GETFD) == -1);

    int const datagram = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    error = co_await connect_error(endpoint::descriptor(coqmp::descriptor(datagram)));
    BOOST_TEST(error == kernel(EPROTOTYPE));
    BOOST_TEST(::fcntl(datagram, F_GETFD) == -1);
}

// No byte would ever arrive, and the caller would wait until its time limit.
COROUTINE_TEST_CASE(a_descriptor_that_is_not_connected_is_refused_and_closed)
{
    temporary_directory const directory;
    std::string const path = (directory.path() / "listening").native();
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    int const listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    BOOST_REQUIRE(::bind(listening, reinterpret_cast<::sockaddr const*>(&address), sizeof address) == 0);
    BOOST_REQUIRE(::listen(listening, 1) == 0);
    error_code error = co_await connect_error(endpoint::descriptor(coqmp::descriptor(listening)));
    BOOST_TEST(error == kernel(ENOTCONN));
    BOOST_TEST(::fcntl(listening, F_GETFD) == -1);

    int const fresh = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    error = co_await connect_error(endpoint::descriptor(coqmp::descriptor(fresh)));
    BOOST_TEST(error == kernel(ENOTCONN));
    BOOST_TEST(::fcntl(fresh, F_GETFD) == -1);
}

COROUTINE_TEST_CASE(a_connect_that_is_cancelled_at_once_closes_the_descriptor)
{
    auto const executor = co_await this_coro::executor;
    for (auto const kind : abandoning) {
        conversation talk(executor);
        completion<> connected(executor);
        asio::cancellation_signal signal;
        talk.client.async_connect(talk.peer.address(), asio::bind_cancellation_slot(signal.slot(), connected.token()));
        signal.emit(kind);
        error_code const error = co_await connected.done();
        BOOST_TEST(error == asio::error::operation_aborted);
        co_await talk.peer.end();
    }
}

COROUTINE_TEST_CASE(a_connect_can_be_cancelled_at_each_stage)
{
    auto const executor = co_await this_coro::executor;
    for (int stage = 0; stage < 3; ++stage) {
        conversation talk(executor);
        completion<> connected(executor);
        completion<coqmp::session_end> closed(executor);
        asio::cancellation_signal signal;
        talk.client.async_wait_closed(closed.token());
        talk.client.async_connect(talk.peer.address(), asio::bind_cancellation_slot(signal.slot(), connected.token()));
        co_await asio::post(executor, asio::deferred);
        if (stage > 0)
            co_await talk.peer.say_one_by_one(std::string(fake_peer::greeting_text.substr(0, 20)));
        if (stage > 1) {
            talk.peer.say(fake_peer::greeting_text.substr(20));
            co_await talk.peer.expect("qmp_capabilities");
        }
        signal.emit(asio::cancellation_type::total);  // which it does not support
        co_await asio::post(executor, asio::deferred);
        BOOST_TEST(connected.times() == 0);
        signal.emit(asio::cancellation_type::terminal);
        error_code const error = co_await connected.done();
        BOOST_TEST(error == asio::error::operation_aborted);
        co_await closed.done();
        BOOST_TEST(closed.value().reason == asio::error::operation_aborted);
        co_await talk.peer.end();
    }
}

COROUTINE_TEST_CASE(a_connect_through_the_resolver_can_be_cancelled)
{
    auto const executor = co_await this_coro::executor;
    coqmp::session client(executor);
    completion<> connected(executor);
    asio::cancellation_signal signal;
    client.async_connect(endpoint::tcp("localhost", 1), asio::bind_cancellation_slot(signal.slot(), connected.token()));
    signal.emit(asio::cancellation_type::terminal);
    error_code const error = co_await connected.done();
    BOOST_TEST(error == asio::error::operation_aborted);
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

BOOST_AUTO_TEST_CASE(a_connect_that_no_one_runs_closes_its_descriptor_with_the_context)
{
    std::size_t const before = open_descriptors();
    {
        asio::io_context context;
        conversation talk(context.get_executor());
        completion<> connected(context.get_executor());
        talk.client.async_connect(talk.peer.address(), connected.token());
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_context_shuts_down_a_connection_that_the_caller_also_owns)
{
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    std::optional<coqmp::session> client;
    {
        asio::io_context context;
        coqmp::session_options options;
        options.negotiate = false;
        client.emplace(context, options);
        bool connected = false;
        client->async_connect(endpoint::descriptor(ends[0]), [&connected](error_code error) { connected = !error; });
        while (!connected)
            context.run_one();
    }
    char byte = 0;
    BOOST_TEST(::recv(ends[1], &byte, 1, MSG_DONTWAIT) == 0);
    ::close(ends[0]);
    ::close(ends[1]);
}
