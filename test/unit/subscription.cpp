// The queue behind a stream: what it keeps, what it loses and says so, and that a cancelled wait loses nothing, whenever it is
// cancelled.
#include "events/subscription.hpp"

#include <coqmp/error.hpp>

#include "unit/reader.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <string>

namespace asio = boost::asio;
using namespace coqmp;
using namespace coqmp::detail;

namespace {

struct fixture
{
    asio::io_context context;

    std::shared_ptr<subscription> make(std::size_t capacity = 10, event_filter filter = {},
                                       overflow policy = overflow::drop_oldest)
    {
        return std::make_shared<subscription>(context.get_executor(), std::move(filter), capacity, policy);
    }

    /// Runs what there is to run.
    void settle()
    {
        context.restart();
        context.poll();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_subscription, fixture)

BOOST_AUTO_TEST_CASE(gives_events_in_order)
{
    auto const events = make();
    for (char const* name : {"A", "B", "C"})
        BOOST_TEST(events->push(an_event(name)) == 0U);
    BOOST_TEST(drain(*events) == "A B C ");
    BOOST_TEST(!events->try_next().has_value());
}

BOOST_AUTO_TEST_CASE(drops_the_oldest_when_it_is_full_and_says_so)
{
    auto const events = make(2);
    BOOST_TEST(events->push(an_event("A")) == 0U);
    BOOST_TEST(events->push(an_event("B")) == 0U);
    BOOST_TEST(events->push(an_event("C")) == 1U);
    BOOST_TEST(events->push(an_event("D")) == 1U);
    BOOST_TEST(events->lost() == 2U);
    BOOST_TEST(drain(*events) == "2+C D ");
}

BOOST_AUTO_TEST_CASE(reports_each_loss_once)
{
    auto const events = make(1);
    for (char const* name : {"A", "B", "C"})
        events->push(an_event(name));
    BOOST_TEST(drain(*events) == "2+C ");
    events->push(an_event("D"));
    BOOST_TEST(drain(*events) == "D ");
    events->push(an_event("E"));
    events->push(an_event("F"));
    BOOST_TEST(drain(*events) == "1+F ");
    BOOST_TEST(events->lost() == 3U);
}

BOOST_AUTO_TEST_CASE(adds_the_losses_that_came_with_an_event_that_it_loses)
{
    auto const events = make(1);
    auto handed_over = an_event("A");
    handed_over.lost_before = 5;
    events->push(coqmp::event(handed_over));
    events->push(an_event("B"));
    BOOST_TEST(drain(*events) == "6+B ");
    BOOST_TEST(events->lost() == 1U);
}

BOOST_AUTO_TEST_CASE(holds_at_least_one_event)
{
    auto const events = make(0);
    events->push(an_event("A"));
    BOOST_TEST(drain(*events) == "A ");
}

BOOST_AUTO_TEST_CASE(that_waits_for_the_first_keeps_the_first)
{
    auto const events = make(1, {}, overflow::keep_first);
    BOOST_TEST(events->push(an_event("A")) == 0U);
    BOOST_TEST(events->push(an_event("B")) == 0U);
    BOOST_TEST(events->lost() == 0U);
    BOOST_TEST(drain(*events) == "A ");
}

BOOST_AUTO_TEST_CASE(wants_what_its_filter_accepts)
{
    auto const events = make(1, event_filter("STOP"));
    BOOST_TEST(events->wants(an_event("STOP")));
    BOOST_TEST(!events->wants(an_event("RESUME")));
}

BOOST_AUTO_TEST_CASE(ends_after_the_events_that_it_holds)
{
    auto const events = make();
    events->push(an_event("A"));
    events->end(make_error_code(errc::end_of_stream));
    BOOST_TEST(events->push(an_event("B")) == 0U);
    reader first(*events), second;
    settle();
    BOOST_TEST(first.seen() == "A");
    second.read(*events);
    settle();
    BOOST_TEST((second.error() == errc::end_of_stream));
    BOOST_TEST(!events->wants(an_event("A")));
}

BOOST_AUTO_TEST_CASE(ends_once_and_keeps_the_first_reason)
{
    auto const events = make();
    reader first(*events), second;
    events->end(make_error_code(errc::disconnected));
    events->end(make_error_code(errc::end_of_stream));
    settle();
    BOOST_TEST((first.error() == errc::disconnected));
    BOOST_TEST(first.calls() == 1);
    second.read(*events);
    settle();
    BOOST_TEST((second.error() == errc::disconnected));
}

BOOST_AUTO_TEST_CASE(that_is_closed_drops_its_events_and_ends_the_wait)
{
    auto const events = make();
    events->push(an_event("A"));
    reader waiting(*events);
    events->close();
    events->push(an_event("B"));
    settle();
    BOOST_TEST((waiting.error() == errc::end_of_stream));
    BOOST_TEST(!events->try_next().has_value());
    events->close();
    settle();
    BOOST_TEST(waiting.calls() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_reader, fixture)

BOOST_AUTO_TEST_CASE(waits_until_an_event_comes)
{
    auto const events = make();
    reader waiting(*events);
    settle();
    BOOST_TEST(waiting.calls() == 0);
    events->push(an_event("A"));
    BOOST_TEST(waiting.calls() == 0);  // not inside push()
    settle();
    BOOST_TEST(waiting.seen() == "A");
}

BOOST_AUTO_TEST_CASE(is_never_called_inside_the_call_that_starts_it)
{
    auto const events = make();
    events->push(an_event("A"));
    reader waiting(*events);
    BOOST_TEST(waiting.calls() == 0);
    settle();
    BOOST_TEST(waiting.seen() == "A");
}

BOOST_AUTO_TEST_CASE(keeps_the_context_running)
{
    auto const events = make();
    reader waiting(*events);
    context.poll();
    BOOST_TEST(!context.stopped());
    events->push(an_event("A"));
    context.run();
    BOOST_TEST(waiting.seen() == "A");
}

BOOST_AUTO_TEST_CASE(takes_one_event_of_several_that_wait)
{
    auto const events = make();
    reader waiting(*events);
    events->push(an_event("A"));
    events->push(an_event("B"));
    settle();
    BOOST_TEST(waiting.seen() == "A");
    BOOST_TEST(waiting.calls() == 1);
    BOOST_TEST(drain(*events) == "B ");
}

BOOST_AUTO_TEST_CASE(that_comes_second_is_rejected)
{
    auto const events = make();
    reader first(*events), second(*events);
    settle();
    BOOST_TEST((second.error() == errc::operation_in_progress));
    BOOST_TEST(first.calls() == 0);
    events->push(an_event("A"));
    settle();
    BOOST_TEST(first.seen() == "A");
}

BOOST_AUTO_TEST_CASE(waits_on_when_its_event_is_taken_before_it_runs)
{
    auto const events = make();
    reader waiting(*events);
    events->push(an_event("A"));
    BOOST_TEST(drain(*events) == "A ");
    settle();
    BOOST_TEST(waiting.calls() == 0);
    events->push(an_event("B"));
    settle();
    BOOST_TEST(waiting.seen() == "B");
}

BOOST_AUTO_TEST_CASE(may_read_on_from_its_handler)
{
    auto const events = make();
    std::string seen;
    std::function<void(boost::system::error_code, event)> again = [&](boost::system::error_code error, event what) {
        if (error)
            return;
        seen += what.name;
        events->async_next({again, context.get_executor()});
    };
    events->async_next({again, context.get_executor()});
    for (char const* name : {"A", "B", "C"})
        events->push(an_event(name));
    events->end(make_error_code(errc::end_of_stream));
    settle();
    BOOST_TEST(seen == "ABC");
}

BOOST_AUTO_TEST_CASE(runs_on_its_own_executor)
{
    asio::io_context other;
    auto const events = make();
    bool ran_there = false;
    auto reader = asio::bind_executor(other.get_executor(), [&](boost::system::error_code, event) {
        ran_there = other.get_executor().running_in_this_thread();
    });
    events->async_next({reader, context.get_executor()});
    events->push(an_event("A"));
    settle();
    BOOST_TEST(!ran_there);
    other.run();
    BOOST_TEST(ran_there);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_cancelled_wait, fixture)

// The moments: A the wait begins, B an event comes, C the wait is cancelled, R what is ready runs.
std::string play(fixture& now, std::string const& moments)
{
    auto const events = now.make();
    reader waiting;
    for (char const moment : moments) {
        if (moment == 'A')
            waiting.read(*events);
        else if (moment == 'B')
            events->push(an_event("E"));
        else if (moment == 'C')
            waiting.cancel();
        else
            now.settle();
    }
    now.settle();
    BOOST_TEST(waiting.calls() == 1);
    std::string const result = waiting.error() == asio::error::operation_aborted ? "aborted, " : "got " + waiting.seen() + ", ";
    return result + "left: " + drain(*events);
}

BOOST_AUTO_TEST_CASE(leaves_the_event_that_comes_later)
{
    BOOST_TEST(play(*this, "ACB") == "aborted, left: E ");
    BOOST_TEST(play(*this, "ACRB") == "aborted, left: E ");
    BOOST_TEST(play(*this, "ARCRB") == "aborted, left: E ");
}

BOOST_AUTO_TEST_CASE(leaves_the_event_that_has_come_but_was_not_delivered)
{
    BOOST_TEST(play(*this, "ABC") == "aborted, left: E ");
    BOOST_TEST(play(*this, "ARBC") == "aborted, left: E ");
    BOOST_TEST(play(*this, "BAC") == "aborted, left: E ");
    BOOST_TEST(play(*this, "BRAC") == "aborted, left: E ");
}

BOOST_AUTO_TEST_CASE(that_had_its_event_before_is_not_cancelled)
{
    BOOST_TEST(play(*this, "ABRC") == "got E, left: ");
    BOOST_TEST(play(*this, "BARC") == "got E, left: ");
}

BOOST_AUTO_TEST_CASE(is_cancelled_once_however_often)
{
    BOOST_TEST(play(*this, "ACC") == "aborted, left: ");
    BOOST_TEST(play(*this, "ACRC") == "aborted, left: ");
    BOOST_TEST(play(*this, "ACBCRC") == "aborted, left: E ");
}

BOOST_AUTO_TEST_CASE(ends_for_any_kind_of_cancellation)
{
    using asio::cancellation_type;
    for (auto const kind : {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
        auto const events = make();
        reader waiting(*events);
        waiting.cancel(kind);
        settle();
        BOOST_TEST((waiting.error() == asio::error::operation_aborted));
    }
}

BOOST_AUTO_TEST_CASE(makes_room_for_the_next_one)
{
    auto const events = make();
    reader first(*events), second;
    first.cancel();
    settle();
    second.read(*events);
    first.cancel();  // too late: it must not reach the second
    events->push(an_event("A"));
    settle();
    BOOST_TEST(second.seen() == "A");
    BOOST_TEST(first.calls() == 1);
}

BOOST_AUTO_TEST_CASE(at_the_end_of_the_stream_completes_once)
{
    auto const events = make();
    reader waiting(*events);
    waiting.cancel();
    events->end(make_error_code(errc::end_of_stream));
    settle();
    BOOST_TEST((waiting.error() == asio::error::operation_aborted));
    BOOST_TEST(waiting.calls() == 1);
}

BOOST_AUTO_TEST_CASE(may_outlive_its_subscription)
{
    auto events = make();
    reader waiting(*events);
    events->close();
    events.reset();
    waiting.cancel();
    settle();
    BOOST_TEST(waiting.calls() == 1);
    waiting.cancel();
    settle();
    BOOST_TEST(waiting.calls() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_context_that_ends)

BOOST_AUTO_TEST_CASE(destroys_a_handler_that_owns_its_subscription)
{
    auto const token = std::make_shared<int>(0);
    {
        asio::io_context context;
        auto events = std::make_shared<subscription>(context.get_executor(), event_filter(), 1, overflow::drop_oldest);
        auto& state = *events;
        state.async_next({[token, events](boost::system::error_code, event) { BOOST_ERROR("called"); }, state.executor()});
        BOOST_TEST(token.use_count() == 2);
    }
    BOOST_TEST(token.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(destroys_a_handler_that_was_about_to_run)
{
    auto const token = std::make_shared<int>(0);
    {
        asio::io_context context;
        auto events = std::make_shared<subscription>(context.get_executor(), event_filter(), 1, overflow::drop_oldest);
        auto& state = *events;
        state.async_next({[token, events](boost::system::error_code, event) { BOOST_ERROR("called"); }, state.executor()});
        state.push(an_event("A"));
    }
    BOOST_TEST(token.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
