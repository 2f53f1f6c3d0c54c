// Which stream gets which event: every stream whose filter it passes, and the first streams also the earlier events.
#include "events/event_hub.hpp"

#include <coqmp/error.hpp>

#include "unit/reader.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using namespace coqmp;
using namespace coqmp::detail;

namespace {

struct fixture
{
    static constexpr std::size_t default_capacity = 3;

    asio::io_context context;
    event_hub hub{context.get_executor(), default_capacity, 0, default_capacity};

    /// After the first command.
    void publish(std::string name) { hub.publish(an_event(std::move(name))); }
    void publish_early(std::string name) { hub.publish(an_event(std::move(name)), 0, true); }

    /// As on the session's executor.
    std::shared_ptr<subscription> subscribe(event_filter filter = {}, std::size_t capacity = 0)
    {
        auto result = hub.subscribe(std::move(filter), capacity);
        context.restart();
        context.poll();
        return result;
    }
};

/// Writes down what it sees; an event as text with an exclamation mark.
class watcher final : public event_observer
{
public:
    void observe(event const& happened) override { seen += happened.name + " "; }
    void observe_text(coqmp::protocol::plain_event const& happened) override { seen += std::string(happened.name) + "! "; }

    std::string seen;
};

struct observed : fixture
{
    observed() { hub.show_to(watching); }

    /// @return whether it was shown as text; otherwise it is published
    bool show(std::string const& name, bool is_early = false)
    {
        coqmp::protocol::plain_event happened;
        happened.name = name;
        if (hub.publish_text(happened, is_early))
            return true;
        hub.publish(an_event(name), 0, is_early);
        return false;
    }

    std::shared_ptr<watcher> watching = std::make_shared<watcher>();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_hub, fixture)

BOOST_AUTO_TEST_CASE(gives_each_event_to_each_subscriber)
{
    auto const one = hub.subscribe({}, 0);
    auto const two = hub.subscribe({}, 0);
    publish("A");
    auto const late = hub.subscribe({}, 0);
    publish("B");
    BOOST_TEST(drain(*one) == "A B ");
    BOOST_TEST(drain(*two) == "A B ");
    BOOST_TEST(drain(*late) == "B ");
}

BOOST_AUTO_TEST_CASE(gives_a_marker_to_each_stream_whatever_its_filter_is_and_to_no_wait)
{
    auto const all = hub.subscribe({}, 0);
    auto const some = hub.subscribe("A", 0);
    auto const wait = hub.expect("A");
    publish("B");
    hub.publish_marker(an_event("MARKER"));
    publish("A");
    BOOST_TEST(drain(*all) == "B MARKER A ");
    BOOST_TEST(drain(*some) == "MARKER A ");
    BOOST_TEST(drain(*wait) == "A ");
}

BOOST_AUTO_TEST_CASE(gives_each_event_to_its_relay_too)
{
    struct recorder final : event_relay
    {
        void relay(event&& happened, std::size_t) override { names += happened.name + ' '; }
        std::string names;
    };
    auto const relay = std::make_shared<recorder>();
    hub.relay_to(relay);
    publish("A");  // without a stream
    auto const stream = hub.subscribe({}, 0);
    publish("B");
    BOOST_TEST(relay->names == "A B ");
    BOOST_TEST(drain(*stream) == "B ");
}

BOOST_AUTO_TEST_CASE(gives_each_subscriber_what_it_wants)
{
    auto const stops = hub.subscribe("STOP", 0);
    auto const all = hub.subscribe({}, 0);
    auto const net1 = hub.subscribe(event_filter("DEVICE_DELETED").with("device", "net1"), 0);
    publish("STOP");
    for (char const* device : {"net0", "net1"}) {
        auto deleted = an_event("DEVICE_DELETED");
        deleted.data["device"] = device;
        hub.publish(coqmp::event(deleted));
    }
    BOOST_TEST(drain(*stops) == "STOP ");
    BOOST_TEST(drain(*all) == "STOP DEVICE_DELETED DEVICE_DELETED ");
    BOOST_TEST(drain(*net1) == "DEVICE_DELETED ");
}

BOOST_AUTO_TEST_CASE(drops_an_event_that_no_stream_wants)
{
    auto const stops = hub.subscribe("STOP", 0);
    publish("RESUME");
    BOOST_TEST(drain(*stops) == "");
    BOOST_TEST(hub.lost() == 0U);
}

BOOST_AUTO_TEST_CASE(gives_queues_of_the_capacity_that_was_asked_for)
{
    auto const usual = hub.subscribe({}, 0);
    auto const small = hub.subscribe({}, 1);
    auto const large = hub.subscribe({}, 100);
    for (char const* name : {"A", "B", "C", "D"})
        publish(name);
    BOOST_TEST(drain(*usual) == "1+B C D ");
    BOOST_TEST(drain(*small) == "3+D ");
    BOOST_TEST(drain(*large) == "A B C D ");
    BOOST_TEST(hub.lost() == 4U);
}

BOOST_AUTO_TEST_CASE(counts_what_is_lost_in_all_queues_together)
{
    auto const one = hub.subscribe({}, 1);
    publish("A");
    publish("B");
    {
        auto const two = hub.subscribe({}, 1);
        publish("C");
        publish("D");
    }
    BOOST_TEST(hub.lost() == 4U);
    BOOST_TEST(one->lost() == 3U);
}

BOOST_AUTO_TEST_CASE(gives_nothing_to_a_stream_that_is_closed)
{
    auto const one = hub.subscribe({}, 1);
    auto const two = hub.subscribe({}, 1);
    one->close();
    publish("A");
    BOOST_TEST(drain(*one) == "");
    BOOST_TEST(drain(*two) == "A ");
}

BOOST_AUTO_TEST_CASE(ends_all_streams_once_and_those_that_come_later)
{
    auto const one = hub.subscribe({}, 0);
    auto const expected = hub.expect("STOP");
    reader first(*one), second(*expected);
    hub.end();
    hub.end();
    publish("STOP");
    auto const late = hub.subscribe({}, 0);
    auto const late_too = hub.expect({});
    reader third(*late), fourth(*late_too);
    context.poll();
    for (reader const* each : {&first, &second, &third, &fourth}) {
        BOOST_TEST(each->calls() == 1);
        BOOST_TEST((each->error() == errc::end_of_stream));
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_early_event, fixture)

BOOST_AUTO_TEST_CASE(is_kept_for_all_streams_that_are_made_before_the_next_event)
{
    publish_early("A");
    publish_early("STOP");
    auto const first = subscribe({}, 10);
    auto const second = subscribe("STOP");
    publish("C");
    auto const third = subscribe();
    publish("D");
    BOOST_TEST(drain(*first) == "A STOP C D ");
    BOOST_TEST(drain(*second) == "STOP ");
    BOOST_TEST(drain(*third) == "D ");
}

BOOST_AUTO_TEST_CASE(is_kept_until_the_first_stream_also_after_the_end)
{
    publish_early("A");
    hub.end();
    auto const first = subscribe();
    BOOST_TEST(drain(*first) == "A ");
    reader last(*first);
    context.restart();
    context.poll();
    BOOST_TEST((last.error() == errc::end_of_stream));
}

BOOST_AUTO_TEST_CASE(comes_before_the_end_that_a_stream_has_seen_already)
{
    publish_early("A");
    auto const first = hub.subscribe({}, 0);  // not on the session's executor
    hub.end();
    BOOST_TEST(drain(*first) == "A ");
}

BOOST_AUTO_TEST_CASE(comes_before_a_later_one_to_a_stream_of_another_thread)
{
    publish_early("A");
    auto const first = hub.subscribe({}, 0);
    publish_early("B");
    context.poll();
    publish("C");
    BOOST_TEST(drain(*first) == "A B C ");
}

BOOST_AUTO_TEST_CASE(is_not_kept_when_a_stream_was_made_before_it)
{
    auto const stops = subscribe("STOP");
    publish_early("A");
    BOOST_TEST(drain(*stops) == "");
    BOOST_TEST(drain(*subscribe()) == "");
}

BOOST_AUTO_TEST_CASE(is_kept_when_only_a_wait_was_there)
{
    auto const expected = hub.expect("A");
    publish_early("A");
    BOOST_TEST(drain(*expected) == "A ");
    BOOST_TEST(drain(*subscribe()) == "A ");
}

BOOST_AUTO_TEST_CASE(is_not_one_that_comes_after_the_first_command)
{
    publish("A");
    auto const first = subscribe();
    publish("B");
    BOOST_TEST(drain(*first) == "B ");
}

BOOST_AUTO_TEST_CASE(that_was_not_kept_is_reported_by_the_first)
{
    for (char const* name : {"A", "B", "C", "D", "E"})
        publish_early(name);
    BOOST_TEST(hub.lost() == 2U);
    auto const first = subscribe({}, 10);
    auto const second = subscribe({}, 10);
    BOOST_TEST(drain(*first) == "2+C D E ");
    BOOST_TEST(drain(*second) == "2+C D E ");
}

BOOST_AUTO_TEST_CASE(that_was_not_kept_is_reported_also_when_the_next_goes_to_a_smaller_queue)
{
    for (char const* name : {"A", "B", "C", "D", "E"})
        publish_early(name);
    auto const first = subscribe({}, 1);
    BOOST_TEST(drain(*first) == "4+E ");
    BOOST_TEST(hub.lost() == 4U);
    BOOST_TEST(first->lost() == 4U);
}

BOOST_AUTO_TEST_CASE(that_was_not_kept_is_reported_also_when_the_next_is_not_wanted)
{
    for (char const* name : {"STOP", "STOP", "A", "B", "STOP"})
        publish_early(name);
    BOOST_TEST(drain(*subscribe("STOP")) == "2+STOP ");
}

BOOST_AUTO_TEST_CASE(that_was_not_kept_is_reported_by_a_later_one_when_none_that_was_kept_is_wanted)
{
    for (char const* name : {"STOP", "A", "B", "C"})
        publish_early(name);
    auto const stops = subscribe("STOP");
    publish("STOP");
    publish("STOP");
    BOOST_TEST(drain(*stops) == "1+STOP STOP ");
}

BOOST_AUTO_TEST_CASE(and_the_first_later_one_report_what_came_between_them)
{
    publish_early("A");
    publish("B");
    publish("C");
    auto const first = subscribe();
    publish("D");
    BOOST_TEST(drain(*first) == "A 2+D ");
    BOOST_TEST(first->lost() == 2U);
}

BOOST_AUTO_TEST_CASE(is_not_kept_if_none_shall_be)
{
    event_hub none(context.get_executor(), default_capacity, 0, 0);
    none.publish(an_event("A"), 0, true);
    auto const first = none.subscribe({}, 0);
    none.publish(an_event("B"), 0, true);
    BOOST_TEST(drain(*first) == "B ");
}

BOOST_AUTO_TEST_CASE(is_filtered_on_the_executor_of_the_session)
{
    publish_early("A");
    int asked = 0;
    auto const first = hub.subscribe(event_filter().matching([&](event const&) { return ++asked > 0; }), 0);
    BOOST_TEST(asked == 0);
    context.poll();
    BOOST_TEST(asked == 1);
    BOOST_TEST(drain(*first) == "A ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_predicate, fixture)

BOOST_AUTO_TEST_CASE(may_subscribe_and_close_streams)
{
    auto const closed = hub.subscribe({}, 0);
    std::vector<std::shared_ptr<subscription>> made;
    auto const predicate = [&](event const&) {
        made.push_back(hub.subscribe({}, 0));
        closed->close();
        return true;
    };
    auto const asking = hub.subscribe(event_filter().matching(predicate), 0);
    publish("A");
    publish("B");
    BOOST_TEST(drain(*asking) == "A B ");
    BOOST_TEST(drain(*closed) == "");
    BOOST_REQUIRE(made.size() == 2U);
    BOOST_TEST(drain(*made[0]) == "B ");
    BOOST_TEST(drain(*made[1]) == "");
}

BOOST_AUTO_TEST_CASE(may_close_its_own_stream)
{
    std::shared_ptr<subscription> asking;
    auto const predicate = [&](event const&) {
        asking->close();
        return true;
    };
    asking = hub.subscribe(event_filter().matching(predicate), 0);
    publish("A");
    BOOST_TEST(drain(*asking) == "");
}

BOOST_AUTO_TEST_CASE(holds_up_no_other_thread_that_subscribes, *boost::unit_test::timeout(50))
{
    std::shared_ptr<subscription> made;
    auto const predicate = [&](event const&) {
        std::thread visitor([&] { made = hub.subscribe({}, 0); });  // with a lock held here it would wait forever
        visitor.join();
        return true;
    };
    auto const asking = hub.subscribe(event_filter("A").matching(predicate), 0);
    publish("A");
    publish("B");
    BOOST_TEST(drain(*asking) == "A ");
    BOOST_TEST(drain(*made) == "B ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_expectation, fixture)

BOOST_AUTO_TEST_CASE(gets_the_first_event_from_now_on)
{
    publish("STOP");
    auto const expected = hub.expect("STOP");
    publish("RESUME");
    auto first = an_event("STOP");
    first.data["n"] = 1;
    hub.publish(coqmp::event(first));
    publish("STOP");
    auto const got = expected->try_next();
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST((*got == first));
    BOOST_TEST(hub.lost() == 0U);
}

BOOST_AUTO_TEST_CASE(gets_no_early_event_and_leaves_them_to_the_first_streams)
{
    publish_early("STOP");
    auto const expected = hub.expect("STOP");
    BOOST_TEST(drain(*expected) == "");
    BOOST_TEST(drain(*subscribe()) == "STOP ");
}

BOOST_AUTO_TEST_CASE(takes_nothing_from_the_streams)
{
    auto const all = hub.subscribe({}, 0);
    auto const expected = hub.expect("STOP");
    publish("STOP");
    BOOST_TEST(drain(*expected) == "STOP ");
    BOOST_TEST(drain(*all) == "STOP ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(from_another_thread, fixture, *boost::unit_test::timeout(50))

BOOST_AUTO_TEST_CASE(streams_come_and_go_while_events_are_published)
{
    auto const all = hub.subscribe({}, 5'000);
    std::thread visitor([&] {
        for (int round = 0; round < 1'000; ++round) {
            auto const visit = hub.subscribe(round % 2 == 0 ? event_filter() : event_filter("B"), 2);
            static_cast<void>(visit->try_next());
            static_cast<void>(hub.lost());
        }
    });
    std::size_t const count = 5'000;
    for (std::size_t number = 0; number < count; ++number)
        publish("A");
    visitor.join();
    BOOST_TEST(drain(*all).size() == 2 * count);
    BOOST_TEST(all->lost() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_event_as_text, observed)

BOOST_AUTO_TEST_CASE(is_shown_if_nobody_else_wants_events)
{
    BOOST_TEST(show("A"));
    watcher const* const first = watching.get();
    auto const second = std::make_shared<watcher>();
    hub.show_to(second);
    BOOST_TEST(show("B"));
    BOOST_TEST(first->seen == "A! B! ");
    BOOST_TEST(second->seen == "B! ");
}

BOOST_AUTO_TEST_CASE(is_published_as_long_as_there_is_a_stream)
{
    auto stream = hub.subscribe({}, 0);
    BOOST_TEST(!show("A"));
    BOOST_TEST(drain(*stream) == "A ");
    stream.reset();
    BOOST_TEST(!show("B"));  // the hub finds out
    BOOST_TEST(show("C"));
    BOOST_TEST(watching->seen == "A B C! ");
}

BOOST_AUTO_TEST_CASE(is_published_while_early_events_are_kept)
{
    BOOST_TEST(!show("A", true));
    BOOST_TEST(show("B"));
    auto const stream = subscribe();
    BOOST_TEST(!show("C"));
    BOOST_TEST(drain(*stream) == "A 1+C ");
}

BOOST_AUTO_TEST_CASE(ends_with_its_observer)
{
    watching.reset();
    BOOST_TEST(hub.is_observed());
    BOOST_TEST(show("A"));
    BOOST_TEST(!hub.is_observed());
}

BOOST_AUTO_TEST_SUITE_END()
