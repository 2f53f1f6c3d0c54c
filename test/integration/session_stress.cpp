// Much at once, and often: nothing is lost, nothing is left behind.
#include "support/conversation.hpp"
#include "support/memory.hpp"
#include "support/open_descriptors.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdint>
#include <thread>

using namespace coqmp::test;
using coqmp::reply;

namespace {

constexpr int many = 100'000;

asio::awaitable<void> answer_with_an_event_each(fake_peer& peer)
{
    co_await peer.handshake();
    for (int count = 0; count < many; ++count) {
        auto const got = co_await peer.receive();
        json::object data;
        data["count"] = count;
        peer.event("TICK", data);
        peer.answer(got.id, count);
    }
    co_await peer.end();
}

asio::awaitable<void> count_events(coqmp::event_stream stream, int& seen)
{
    while (auto event = co_await stream.next()) {
        BOOST_REQUIRE(event->lost_before == 0U);
        BOOST_REQUIRE(event->data.at("count").as_int64() == seen);
        ++seen;
    }
}

/// Keeps a number of commands under way until all are done.
class pipeline
{
public:
    explicit pipeline(coqmp::session& client) : client_(client), done_(client.get_executor()) {}

    asio::awaitable<void> run(int width)
    {
        for (int index = 0; index < width; ++index)
            start();
        co_await done_.done();
    }

private:
    void start()
    {
        if (started_ == many)
            return;
        ++started_;
        client_.async_execute("query-status", [this](error_code error, reply const& answer) {
            BOOST_REQUIRE(!error);
            BOOST_REQUIRE(answer.value().as_int64() == completed_);
            if (++completed_ == many)
                done_.token()(error_code());
            start();
        });
    }

    coqmp::session& client_;
    completion<> done_;
    int started_ = 0;
    int completed_ = 0;
};

asio::awaitable<void> one_cycle()
{
    conversation talk(co_await this_coro::executor);
    co_await talk.begin();
    completion<> ended(talk.client.get_executor());
    asio::co_spawn(talk.client.get_executor(), talk.client.quit(), [end = ended.token()](std::exception_ptr failure) mutable {
        BOOST_TEST((failure == nullptr));
        end(error_code());
    });
    co_await talk.peer.serve("quit");
    talk.peer.close();
    co_await ended.done();
    co_await talk.client.async_close(asio::deferred);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_hundred_thousand_commands_and_events_between_two_threads)
{
    asio::io_context far_side(1);
    fake_peer peer = fake_peer::pair(far_side.get_executor());
    asio::co_spawn(far_side, answer_with_an_event_each(peer), asio::detached);
    std::thread thread([&far_side] { far_side.run(); });

    int events = 0;
    run([](coqmp::endpoint where, int& counted) -> asio::awaitable<void> {
        auto const executor = co_await this_coro::executor;
        coqmp::session client(executor);
        co_await client.async_connect(where, asio::deferred);
        asio::co_spawn(executor, count_events(client.subscribe(), counted), asio::detached);
        pipeline work(client);
        co_await work.run(50);
        auto const counters = client.counters();
        BOOST_TEST(counters.commands == std::uint64_t{many});
        BOOST_TEST(counters.replies == std::uint64_t{many});
        BOOST_TEST(counters.events == std::uint64_t{many});
        BOOST_TEST(counters.events_lost == 0U);
    }(peer.address(), events));
    thread.join();
    BOOST_TEST(events == many);
}

COROUTINE_TEST_CASE(a_thousand_connections_leave_no_descriptor_and_no_memory_behind)
{
    for (int cycle = 0; cycle < 100; ++cycle)
        co_await one_cycle();
    std::size_t const descriptors = open_descriptors();
    std::size_t const bytes = allocated_bytes();
    for (int cycle = 100; cycle < 1000; ++cycle)
        co_await one_cycle();
    BOOST_TEST(open_descriptors() == descriptors);
    if (memory_can_be_measured)                       // the sanitizers have leak detectors
        BOOST_TEST(allocated_bytes() < bytes + 900);  // less than a byte each: Asio keeps a block or two for its next operations
}
