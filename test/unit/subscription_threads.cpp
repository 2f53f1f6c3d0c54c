// The queue behind a stream, filled by one thread while another one reads: nothing is lost without being told of.
#include "events/subscription.hpp"

#include <coqmp/error.hpp>

#include "unit/reader.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace asio = boost::asio;
using namespace coqmp;
using namespace coqmp::detail;

BOOST_AUTO_TEST_SUITE(from_another_thread, *boost::unit_test::timeout(50))

BOOST_AUTO_TEST_CASE(events_come_in_order_and_none_is_lost)
{
    constexpr int count = 20'000;
    asio::io_context context;
    auto const events = std::make_shared<subscription>(context.get_executor(), event_filter(), count, overflow::drop_oldest);
    int seen = 0;
    bool in_order = true;
    std::function<void(boost::system::error_code, event)> again = [&](boost::system::error_code error, event what) {
        if (error)
            return;
        in_order = in_order && what.name == std::to_string(seen++);
        events->async_next({again, context.get_executor()});
    };
    events->async_next({again, context.get_executor()});
    std::thread pusher([&] {
        for (int number = 0; number < count; ++number)
            events->push(an_event(std::to_string(number)));
        events->end(make_error_code(errc::end_of_stream));
    });
    context.run();
    pusher.join();
    BOOST_TEST(seen == count);
    BOOST_TEST(in_order);
}

BOOST_AUTO_TEST_CASE(each_event_is_read_or_lost_and_said_to_be)
{
    constexpr std::uint64_t count = 20'000;
    asio::io_context context;
    auto const events = std::make_shared<subscription>(context.get_executor(), event_filter(), 3, overflow::drop_oldest);
    std::uint64_t seen = 0;
    std::uint64_t said_lost = 0;
    std::function<void(boost::system::error_code, event)> again = [&](boost::system::error_code error, event what) {
        if (error)
            return;
        ++seen;
        said_lost += what.lost_before;
        events->async_next({again, context.get_executor()});
    };
    events->async_next({again, context.get_executor()});
    std::thread pusher([&] {
        for (std::uint64_t number = 0; number < count; ++number)
            events->push(an_event("E"));
        events->end(make_error_code(errc::end_of_stream));
    });
    context.run();
    pusher.join();
    BOOST_TEST(seen + said_lost == count);
    BOOST_TEST(events->lost() == said_lost);
}

BOOST_AUTO_TEST_CASE(a_wait_that_is_cancelled_again_and_again_loses_nothing)
{
    constexpr int count = 5'000;
    asio::io_context context;
    auto const events = std::make_shared<subscription>(context.get_executor(), event_filter(), count, overflow::drop_oldest);
    int seen = 0;
    int rounds = 0;
    asio::cancellation_signal signal;
    std::function<void(boost::system::error_code, event)> again = [&](boost::system::error_code error, event) {
        if (error && error != asio::error::operation_aborted)
            return;
        if (!error)
            ++seen;
        events->async_next({asio::bind_cancellation_slot(signal.slot(), again), context.get_executor()});
        if (++rounds % 2 == 0)
            asio::post(context, [&signal] { signal.emit(asio::cancellation_type::terminal); });
    };
    events->async_next({asio::bind_cancellation_slot(signal.slot(), again), context.get_executor()});
    std::thread pusher([&] {
        for (int number = 0; number < count; ++number)
            events->push(an_event("E"));
        events->end(make_error_code(errc::end_of_stream));
    });
    context.run();
    pusher.join();
    BOOST_TEST(seen == count);
}

BOOST_AUTO_TEST_CASE(it_can_be_closed_and_read_by_several_at_once)
{
    for (int round = 0; round < 200; ++round) {
        asio::io_context context;
        auto const events = std::make_shared<subscription>(context.get_executor(), event_filter(), 2, overflow::drop_oldest);
        reader waiting(*events);
        std::thread pusher([&] {
            for (int number = 0; number < 10; ++number)
                events->push(an_event("E"));
        });
        std::thread taker([&] {
            static_cast<void>(events->try_next());
            static_cast<void>(events->lost());
            events->close();
        });
        context.run();
        pusher.join();
        taker.join();
        BOOST_TEST(waiting.calls() == 1);
        BOOST_TEST(!events->wants(an_event("E")));
    }
}

BOOST_AUTO_TEST_SUITE_END()
