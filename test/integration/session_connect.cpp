// Connecting: every way to get a connection, every way not to get one, and what is left behind. (The negotiation is in
// session_handshake.)
#include "support/conversation.hpp"
#include "support/open_descriptors.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::endpoint;
using coqmp::errc;

namespace {

// g++ 12 takes no initializer list in a loop of a coroutine.
constexpr std::array abandoning = {asio::cancellation_type::terminal, asio::cancellation_type::partial};

error_code kernel(int number)
{
    return {number, boost::system::system_category()};
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
    BOOST_TEST(::fcntl(kept.descriptor_number(), F_GETFD) >= 0);
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

BOOST_AUTO_TEST_CASE(a_connect_can_be_cancelled_before_the_session_has_seen_it)
{
    asio::io_context context;
    conversation talk(context.get_executor());
    completion<> connected(context.get_executor());
    asio::cancellation_signal signal;
    asio::post(context, [&signal] { signal.emit(asio::cancellation_type::terminal); });
    talk.client.async_connect(talk.peer.address(), asio::bind_cancellation_slot(signal.slot(), connected.token()));
    context.run();
    BOOST_TEST(connected.times() == 1);
    BOOST_TEST(connected.error() == asio::error::operation_aborted);
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
