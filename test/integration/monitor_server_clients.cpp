// The clients of a monitor server: how they come and go, who they are, and which events they get.
#include <coqmp/monitor_server.hpp>

#include <coqmp/descriptor.hpp>
#include <coqmp/listener.hpp>
#include <coqmp/session.hpp>

#include "support/completion.hpp"
#include "support/open_descriptors.hpp"
#include "support/raw_client.hpp"
#include "support/run.hpp"
#include "support/served_monitor.hpp"
#include "support/spawned.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
using coqmp::endpoint;
using coqmp::errc;
using coqmp::event;
using coqmp::event_filter;
using coqmp::monitor_client;
using coqmp::monitor_request;
using namespace coqmp::test;

namespace {

event named(std::string name)
{
    event result;
    result.name = std::move(name);
    result.data["n"] = 1;
    return result;
}

/// Counts clients as the hooks report them.
class client_book
{
public:
    explicit client_book(asio::any_io_executor const& executor) : wake_(executor) {}

    /// Like those of like_qemu(), with hooks that write here.
    coqmp::monitor_server_options options()
    {
        auto result = like_qemu();
        result.on_connected = [this](monitor_client const& client) {
            last = client;
            wake_.cancel();
        };
        result.on_disconnected = [this](monitor_client const& client) {
            left.push_back(client.number);
            wake_.cancel();
        };
        return result;
    }

    asio::awaitable<void> wait_for_departures(std::size_t count)
    {
        while (left.size() < count) {
            wake_.expires_at(std::chrono::steady_clock::time_point::max());
            co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }

    std::optional<monitor_client> last;
    std::vector<std::uint64_t> left;

private:
    asio::steady_timer wake_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(monitor_server_clients)

COROUTINE_TEST_CASE(a_client_is_identified)
{
    auto const executor = co_await asio::this_coro::executor;
    client_book book(executor);
    served_monitor monitor(executor, book.options());
    monitor.server.handle("who", [](monitor_request request) { request.answer(request.client().process); });
    coqmp::session client = co_await connect_to(monitor.address);
    BOOST_TEST(co_await client.execute("who") == json::value(::getpid()));
    BOOST_REQUIRE(book.last.has_value());
    BOOST_TEST(book.last->number == 1);
    BOOST_TEST(book.last->user.value() == ::getuid());
    BOOST_TEST(book.last->group.value() == ::getgid());
    std::vector<::gid_t> groups(static_cast<std::size_t>(::getgroups(0, nullptr)));
    ::getgroups(static_cast<int>(groups.size()), groups.data());
    BOOST_TEST(book.last->groups == groups, boost::test_tools::per_element());
    BOOST_TEST(book.last->server == monitor.address);
    BOOST_TEST(monitor.server.client_count() == 1);
    client.close();
    co_await book.wait_for_departures(1);
    BOOST_TEST(book.left.front() == 1);
    BOOST_TEST(monitor.server.client_count() == 0);
}

COROUTINE_TEST_CASE(over_tcp_a_client_is_unknown)
{
    auto const executor = co_await asio::this_coro::executor;
    client_book book(executor);
    coqmp::monitor_server server(executor, book.options());
    endpoint const address = server.listen(endpoint::tcp("127.0.0.1", 0));
    BOOST_TEST(address.port() != 0);
    coqmp::session const client = co_await connect_to(address);
    BOOST_REQUIRE(book.last.has_value());
    BOOST_TEST(book.last->process == 0);
    BOOST_TEST(!book.last->user.has_value());
}

COROUTINE_TEST_CASE(more_clients_wait_until_others_leave)
{
    auto const executor = co_await asio::this_coro::executor;
    client_book book(executor);
    auto options = book.options();
    options.most_clients = 1;
    served_monitor monitor(executor, options);
    coqmp::session first = co_await connect_to(monitor.address);
    raw_client second(executor, monitor.address);  // in the kernel's queue
    first.close();
    co_await second.negotiate();
    BOOST_TEST(book.left == std::vector<std::uint64_t>{1}, boost::test_tools::per_element());
    BOOST_TEST(book.last->number == 2);
}

COROUTINE_TEST_CASE(the_server_dials_a_client_that_listens)
{
    auto const executor = co_await asio::this_coro::executor;
    temporary_directory const directory;
    coqmp::listener door(executor, endpoint::unix_socket((directory.path() / "client").native()));
    coqmp::monitor_server server(executor, like_qemu());
    server.handle("query-name", [](monitor_request request) { request.answer("dialed"); });
    completion<std::uint64_t> dialed(executor);
    server.async_dial(door.local_endpoint(), dialed.token());
    coqmp::session client = co_await door.async_accept(asio::use_awaitable);
    BOOST_TEST(dialed.value() == 1);
    BOOST_TEST(co_await client.execute("query-name") == json::value("dialed"));
}

COROUTINE_TEST_CASE(the_connection_that_the_server_was_given_ends_with_its_client)
{
    auto const executor = co_await asio::this_coro::executor;
    client_book book(executor);
    coqmp::monitor_server server(executor, book.options());
    int ends[2] = {};
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    coqmp::session client{executor};
    auto connecting = client.async_connect(endpoint::descriptor(coqmp::descriptor(ends[0])), asio::use_awaitable);
    completion<std::uint64_t> dialed(executor);
    server.async_dial(endpoint::descriptor(coqmp::descriptor(ends[1])), dialed.token());
    co_await std::move(connecting);
    BOOST_TEST(book.last.value().server.to_string() == "fd:" + std::to_string(ends[1]));
    server.disconnect(dialed.value());
    coqmp::session_end const end = co_await client.async_wait_closed(asio::use_awaitable);  // though book.last has its address
    BOOST_TEST((end.reason == errc::disconnected));
}

COROUTINE_TEST_CASE(a_dial_that_fails_says_why)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::monitor_server server(executor, like_qemu());
    completion<std::uint64_t> refused(executor);
    server.async_dial(endpoint::unix_socket("/nonexistent/socket"), refused.token());
    co_await refused.done();
    BOOST_TEST(refused.error() == boost::system::errc::no_such_file_or_directory);

    completion<std::uint64_t> cancelled(executor);
    asio::cancellation_signal stop;
    server.async_dial(endpoint::tcp("127.0.0.1", 1), asio::bind_cancellation_slot(stop.slot(), cancelled.token()));
    stop.emit(asio::cancellation_type::total);
    co_await cancelled.done();
    BOOST_TEST(cancelled.error() == asio::error::operation_aborted);

    server.close();
    completion<std::uint64_t> closed(executor);
    server.async_dial(endpoint::unix_socket("/nonexistent/socket"), closed.token());
    co_await closed.done();
    BOOST_TEST(closed.error() == errc::disconnected);
}

COROUTINE_TEST_CASE(events_reach_those_who_have_negotiated)
{
    auto const executor = co_await asio::this_coro::executor;
    served_monitor monitor(executor);
    raw_client first(executor, monitor.address);
    raw_client second(executor, monitor.address);
    raw_client silent(executor, monitor.address);
    co_await first.negotiate();
    co_await second.negotiate();
    static_cast<void>(co_await silent.line());
    monitor.server.publish(named("STOP"));
    monitor.server.publish(named("RESUME"), 2);
    monitor.server.publish(named("RESUME"), 99);
    std::string const stop = R"({"timestamp": {"seconds": -1, "microseconds": -1}, "event": "STOP", "data": {"n": 1}})";
    BOOST_TEST(co_await first.line() == stop);
    BOOST_TEST(co_await second.line() == stop);
    json::value const resume = co_await second.message();
    BOOST_TEST(resume.at("event") == json::value("RESUME"));
    BOOST_TEST(!first.has_input());
    BOOST_TEST(!silent.has_input());
}

COROUTINE_TEST_CASE(a_client_can_have_fewer_events)
{
    auto const executor = co_await asio::this_coro::executor;
    served_monitor monitor(executor);
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    monitor.server.choose_events(1, "STOP");
    monitor.server.publish(named("RESUME"));
    monitor.server.publish(named("STOP"));
    json::value message = co_await client.message();
    BOOST_TEST(message.at("event") == json::value("STOP"));
    monitor.server.choose_events(1, event_filter());
    monitor.server.publish(named("RESUME"));
    message = co_await client.message();
    BOOST_TEST(message.at("event") == json::value("RESUME"));
}

COROUTINE_TEST_CASE(a_client_that_does_not_read_loses_events_and_no_answers)
{
    auto const executor = co_await asio::this_coro::executor;
    auto options = like_qemu();
    options.event_bytes = 10'000;
    served_monitor monitor(executor, options);
    monitor.server.handle_others([](monitor_request request) { request.answer("here"); });
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    constexpr int published = 20'000;  // more than the kernel takes
    for (int count = 0; count < published; ++count)
        monitor.server.publish(named("STOP"));
    client.say(R"({"execute":"x"})");
    std::int64_t received = 0;
    for (bool is_answered = false; !is_answered;) {
        json::value const message = co_await client.message();
        is_answered = message.as_object().contains("return");
        received += is_answered ? 0 : 1;
    }
    BOOST_TEST(received < published);
    monitor.server.publish(named("RESUME"));
    json::value const report = co_await client.message();
    BOOST_TEST(report.at("event") == json::value("__org.coqmp_EVENTS_LOST"));
    BOOST_TEST(report.at("data").at("count").as_int64() == published - received);
    json::value const next = co_await client.message();
    BOOST_TEST(next.at("event") == json::value("RESUME"));
}

COROUTINE_TEST_CASE(a_client_that_leaves_takes_its_commands_with_it)
{
    auto const executor = co_await asio::this_coro::executor;
    client_book book(executor);
    served_monitor monitor(executor, book.options());
    std::vector<monitor_request> kept;
    asio::steady_timer wake(executor, std::chrono::steady_clock::time_point::max());
    monitor.server.handle_others([&](monitor_request request) {
        kept.push_back(std::move(request));
        wake.cancel();
    });
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    client.say(R"({"execute":"first"}{"execute":"second"}{"execute":"third"})");
    co_await wake.async_wait(asio::as_tuple(asio::use_awaitable));
    client.close();
    co_await book.wait_for_departures(1);
    BOOST_TEST(kept.size() == 1);  // the other two never begin
    kept.front().answer("too late");
    kept.clear();
}

COROUTINE_TEST_CASE(a_coroutine_is_cancelled_when_its_client_leaves)
{
    auto const executor = co_await asio::this_coro::executor;
    client_book book(executor);
    served_monitor monitor(executor, book.options());
    asio::steady_timer wake(executor, std::chrono::steady_clock::time_point::max());
    asio::steady_timer ended(executor, std::chrono::steady_clock::time_point::max());
    bool was_cancelled = false;
    monitor.server.handle("wait", [&](monitor_request&) -> asio::awaitable<json::value> {
        asio::steady_timer forever(co_await asio::this_coro::executor, std::chrono::steady_clock::time_point::max());
        wake.cancel();
        auto const [error] = co_await forever.async_wait(asio::as_tuple(asio::use_awaitable));
        was_cancelled = error == asio::error::operation_aborted;
        ended.cancel();
        co_return nullptr;
    });
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    client.say(R"({"execute":"wait"})");
    co_await wake.async_wait(asio::as_tuple(asio::use_awaitable));
    client.close();
    co_await ended.async_wait(asio::as_tuple(asio::use_awaitable));
    BOOST_TEST(was_cancelled);
    co_await book.wait_for_departures(1);
}

COROUTINE_TEST_CASE(a_client_can_be_disconnected_after_its_answer)
{
    auto const executor = co_await asio::this_coro::executor;
    client_book book(executor);
    served_monitor monitor(executor, book.options());
    monitor.server.handle("quit", [&](monitor_request request) {
        request.answer();
        monitor.server.disconnect(request.client().number);
    });
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    client.say(R"({"execute":"quit"}{"execute":"quit"})");
    BOOST_TEST(co_await client.end() == "{\"return\": {}}\r\n");
    co_await book.wait_for_departures(1);
    monitor.server.disconnect(1);  // it has left already
}

COROUTINE_TEST_CASE(later_clients_get_the_new_greeting)
{
    auto const executor = co_await asio::this_coro::executor;
    served_monitor monitor(executor);
    coqmp::greeting newer;
    newer.version.major = 10;
    monitor.server.greet_with(newer);
    coqmp::session const client = co_await connect_to(monitor.address);
    BOOST_TEST(client.greeting().version.major == 10);
    BOOST_TEST(client.greeting().capabilities.empty());
}

COROUTINE_TEST_CASE(the_permissions_do_not_depend_on_the_umask)
{
    auto const executor = co_await asio::this_coro::executor;
    temporary_directory const directory;
    coqmp::monitor_server server(executor);
    std::string const open = (directory.path() / "open").native();
    std::string const closed = (directory.path() / "closed").native();
    ::mode_t const before = ::umask(0077);
    server.listen(endpoint::unix_socket(open), coqmp::socket_access(0666));
    ::umask(0);
    server.listen(endpoint::unix_socket(closed));
    ::umask(before);
    struct ::stat status{};
    BOOST_REQUIRE(::stat(open.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777U) == 0666U);
    BOOST_REQUIRE(::stat(closed.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777U) == 0600U);
    coqmp::socket_access ours;
    ours.owner = ::getuid();
    ours.group = ::getgid();
    std::string const owned = (directory.path() / "owned").native();
    server.listen(endpoint::unix_socket(owned), ours);
    BOOST_REQUIRE(::stat(owned.c_str(), &status) == 0);
    BOOST_TEST(status.st_gid == ::getgid());
}

COROUTINE_TEST_CASE(closing_ends_everything)
{
    auto const executor = co_await asio::this_coro::executor;
    client_book book(executor);
    std::size_t const before = open_descriptors();
    {
        served_monitor monitor(executor, book.options());
        std::vector<monitor_request> kept;
        monitor.server.handle_others([&](monitor_request request) { kept.push_back(std::move(request)); });
        raw_client client(executor, monitor.address);
        co_await client.negotiate();
        client.say(R"({"execute":"never"})");
        auto moved = std::move(monitor.server);
        monitor.server.publish(named("STOP"));  // does nothing
        BOOST_TEST(monitor.server.client_count() == 0);
        BOOST_CHECK_THROW(monitor.server.listen(monitor.address), boost::system::system_error);
        moved.close();
        BOOST_TEST(!std::filesystem::exists(monitor.address.path()));
        BOOST_CHECK_THROW(moved.listen(monitor.address), boost::system::system_error);
        BOOST_TEST(co_await client.end() == "");
        BOOST_TEST(book.left.empty());
        moved.close();
    }
    BOOST_TEST(open_descriptors() == before);
}

COROUTINE_TEST_CASE(what_was_published_and_answered_on_a_strand_comes_before_the_end)
{
    auto const executor = co_await asio::this_coro::executor;
    auto const strand = asio::make_strand(executor);
    served_monitor monitor(strand);
    monitor.server.handle("last", [&monitor](monitor_request request) {
        monitor.server.publish(named("FAREWELL"));
        request.answer("done");
        monitor.server.close();
    });
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    client.say(R"({"execute":"last"})");
    std::string const seen = co_await client.end();
    BOOST_TEST(seen.find("FAREWELL") != std::string::npos, seen);
    BOOST_TEST(seen.find("\"done\"") != std::string::npos, seen);
}

BOOST_AUTO_TEST_CASE(a_server_and_its_requests_outlive_their_context)
{
    std::optional<coqmp::monitor_server> server;
    std::vector<monitor_request> kept;
    temporary_directory const directory;
    std::string const path = (directory.path() / "monitor").native();
    {
        asio::io_context context;
        server.emplace(context, like_qemu());
        server->handle_others([&](monitor_request request) {
            kept.push_back(std::move(request));
            context.stop();
        });
        endpoint const address = server->listen(endpoint::unix_socket(path));
        raw_client client(context.get_executor(), address);
        asio::co_spawn(context, client.negotiate(), [&](std::exception_ptr) { client.say(R"({"execute":"x"})"); });
        context.run_for(time_limit);
        BOOST_REQUIRE(kept.size() == 1);
    }
    BOOST_TEST(!std::filesystem::exists(path));
    kept.front().answer(1);
    kept.clear();
    server->publish(named("STOP"));
    server->close();
    BOOST_CHECK_THROW(server->listen(endpoint::unix_socket(path)), boost::system::system_error);
}

BOOST_AUTO_TEST_CASE(it_works_on_a_strand_of_a_pool)
{
    asio::thread_pool pool(2);
    temporary_directory const directory;
    coqmp::monitor_server server(asio::make_strand(pool), like_qemu());
    server.handle("query-name", [](monitor_request request) { request.answer("strand"); });
    endpoint const address = server.listen(endpoint::unix_socket((directory.path() / "monitor").native()));
    run([](endpoint where) -> asio::awaitable<void> {
        coqmp::session client = co_await connect_to(where);
        for (int count = 0; count < 100; ++count)
            BOOST_TEST(co_await client.execute("query-name") == json::value("strand"));
    }(address));
    server.close();
    pool.join();
}

BOOST_AUTO_TEST_SUITE_END()
