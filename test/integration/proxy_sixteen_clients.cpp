// Sixteen clients of one proxy, of which four misbehave: the others do not notice, and the proxy keeps a bounded amount for each client.
#include "support/memory.hpp"
#include "support/proxied_monitor.hpp"
#include "support/proxy_crowd.hpp"
#include "support/raw_client.hpp"
#include "support/real_qemu.hpp"
#include "support/run.hpp"
#include "support/spawned.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/monitor_proxy.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using coqmp::endpoint;
using namespace coqmp::test;

namespace {

void expect_disturbances(crowd const& all)
{
    BOOST_TEST(all.deaths() > 10);
    BOOST_TEST(all.samples() > 10);
    // The rest waits in the sockets: the proxy has not read it.
    BOOST_TEST(all.most_unanswered() > 20);
    BOOST_TEST(all.most_unanswered() < 20'000);
}

json::object with_padding(json::object const& arguments)
{
    json::object result = arguments;
    if (json::value const* const size = arguments.if_contains("size"))
        result["padding"] = std::string(size->to_number<std::size_t>(), 'x');
    return result;
}

/// Answers whatever has come, the last command first, and sends an event. Checks whose commands the proxy sends.
class echoing_monitor
{
public:
    echoing_monitor(fake_peer& peer, crowd const& clients) : peer_(peer), clients_(clients) {}

    asio::awaitable<void> serve()
    try {
        for (;;) {
            received_command next = co_await peer_.receive();
            expect_turns(next);
            waiting_.push_back(std::move(next));
            if (!peer_.has_input())
                answer_all();
        }
    } catch (boost::system::system_error const&) {
        // The session has ended.
    }

    /// By how much the heap has grown at most.
    [[nodiscard]] std::size_t most_memory() const noexcept { return most_memory_ - memory_before_; }

private:
    void expect_turns(received_command const& next)
    {
        if (!clients_.is_at_work() || next.name != "work")
            return;
        auto const is_of_same_client = [&next](received_command const& other) {
            return other.name == "work" && other.arguments.at("client") == next.arguments.at("client");
        };
        BOOST_TEST(std::ranges::none_of(waiting_, is_of_same_client), "a client has two turns: " << next.text);
        BOOST_TEST(waiting_.size() < 7);
    }

    void answer_all()
    {
        for (; !waiting_.empty(); waiting_.pop_back())
            peer_.answer(waiting_.back().id, with_padding(waiting_.back().arguments));
        json::object data;
        data["number"] = events_++;
        data["padding"] = std::string(500, 'x');
        peer_.event("NUMBER", data);
        most_memory_ = std::max(most_memory_, allocated_bytes());
    }

    fake_peer& peer_;
    crowd const& clients_;
    std::vector<received_command> waiting_;
    std::int64_t events_ = 0;
    std::size_t const memory_before_ = allocated_bytes();
    std::size_t most_memory_ = memory_before_;
};

/// Answers commands until one of this client has come.
/// @param count is counted up for each command of the other client
asio::awaitable<void> serve_until(fake_peer& peer, int client, int& count)
{
    for (;;) {
        received_command const next = co_await peer.receive();
        peer.answer(next.id, with_padding(next.arguments));
        if (next.arguments.at("client") == json::value(client))
            co_return;
        ++count;
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(proxy_sixteen_clients)

COROUTINE_TEST_CASE(twelve_clients_get_their_own_replies_while_four_misbehave)
{
    auto const executor = co_await this_coro::executor;
    auto options = allowing_all();
    options.event_bytes = std::size_t{1} << 18;
    proxied_monitor monitor(executor, options);
    co_await monitor.connect();
    echoed_arguments const speaks;
    crowd clients(executor, monitor.address, speaks);
    echoing_monitor upstream(monitor.peer, clients);
    spawned<void> serving(executor, upstream.serve());
    co_await clients.run();
    expect_disturbances(clients);
    if (memory_can_be_measured)
        BOOST_TEST(upstream.most_memory() < std::size_t{48} << 20);
    monitor.upstream.close();
    co_await serving.done();
    BOOST_TEST(!serving.threw());
    BOOST_TEST(monitor.proxy.client_count() == 0);
}

COROUTINE_TEST_CASE(twelve_clients_of_a_real_qemu_get_their_own_replies_while_four_misbehave)
{
    auto const executor = co_await this_coro::executor;
    real_qemu qemu;
    temporary_directory const directory;
    coqmp::session upstream(executor);
    co_await upstream.async_connect(qemu.monitor(), asio::deferred);
    coqmp::monitor_proxy proxy(executor, allowing_all());
    proxy.use(upstream);
    endpoint const address = proxy.listen(endpoint::unix_socket(directory.path() / "proxy"));
    printed_numbers const speaks;
    crowd clients(executor, address, speaks);
    co_await clients.run();
    expect_disturbances(clients);
    co_await upstream.quit();
    BOOST_TEST(qemu.wait() == 0);
}

COROUTINE_TEST_CASE(a_client_that_never_reads_is_read_no_further_and_loses_events_only)
{
    auto const executor = co_await this_coro::executor;
    auto options = allowing_all();
    options.event_bytes = std::size_t{1} << 16;
    proxied_monitor monitor(executor, options);
    co_await monitor.connect();
    raw_client silent(executor, monitor.address);
    raw_client other(executor, monitor.address);
    co_await silent.negotiate();
    co_await other.negotiate();

    constexpr int count = 400;  // and 64 KiB for each
    echoed_arguments const speaks;
    std::string commands;
    for (int number = 0; number < count; ++number)
        commands += speaks.command(silent_client, number);
    spawned<void> writing(executor, silent.say_all(commands));
    int served = 0;
    event_order events;
    for (int turn = 0; turn < count + 20; ++turn) {
        other.say(speaks.command(0, turn));
        co_await serve_until(monitor.peer, 0, served);
        json::value const reply = co_await next_reply(other, events);
        check_reply(reply, speaks, 0, turn);
        json::object data;
        data["number"] = turn;
        monitor.peer.event("NUMBER", data);
    }
    BOOST_TEST(served > 200);
    BOOST_TEST(served < 300);  // 16 MiB, and what the sockets hold

    event_order silent_events;
    spawned<void> serving(executor, serve_until(monitor.peer, 0, served));
    for (int number = 0; number < count; ++number) {
        json::value const reply = co_await next_reply(silent, silent_events);
        check_reply(reply, speaks, silent_client, number);
    }
    co_await writing.done();
    other.say(speaks.command(0, count + 20));
    co_await serving.done();
    BOOST_TEST(served == count);
    json::object data;
    data["number"] = count + 20;
    monitor.peer.event("NUMBER", data);
    silent.say(speaks.command(silent_client, count));
    co_await serve_until(monitor.peer, silent_client, served);
    json::value const last = co_await next_reply(silent, silent_events);
    check_reply(last, speaks, silent_client, count);
    BOOST_TEST(silent_events.lost() > 0);
    BOOST_TEST(silent_events.seen() + silent_events.lost() == count + 21);
}

BOOST_AUTO_TEST_SUITE_END()
