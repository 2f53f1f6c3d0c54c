// The memory of queued events: limited for all streams of a session together, and the oldest event goes first.
#include "events/event_hub.hpp"

#include "unit/reader.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/container/pmr/memory_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace asio = boost::asio;
using namespace coqmp;
using namespace coqmp::detail;

namespace {

/// Its events take hardly any memory except that of their data.
struct budget_fixture
{
    static constexpr std::size_t limit = 100'000;

    asio::io_context context;
    event_hub hub{context.get_executor(), 1000, limit};

    void publish(std::string name, std::size_t memory) { hub.publish(an_event(std::move(name)), memory); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_memory_of_queued_events, budget_fixture)

BOOST_AUTO_TEST_CASE(is_limited_and_the_oldest_event_goes_first)
{
    auto const events = hub.subscribe({}, 0);
    for (char const* name : {"A", "B", "C", "D"})
        publish(name, limit * 2 / 5);
    BOOST_TEST(hub.lost() == 2U);
    BOOST_TEST(events->lost() == 2U);
    BOOST_TEST(drain(*events) == "2+C D ");
}

BOOST_AUTO_TEST_CASE(is_limited_for_all_streams_together)
{
    auto const stalled = hub.subscribe({}, 0);
    publish("A", limit * 2 / 5);
    publish("B", limit * 2 / 5);
    auto const stops = hub.subscribe("STOP", 0);
    publish("STOP", limit * 2 / 5);
    BOOST_TEST(drain(*stops) == "STOP ");
    BOOST_TEST(drain(*stalled) == "2+STOP ");
}

BOOST_AUTO_TEST_CASE(lets_one_larger_event_pass_alone)
{
    auto const events = hub.subscribe({}, 0);
    publish("SMALL", 10);
    publish("HUGE", 10 * limit);
    BOOST_TEST(drain(*events) == "1+HUGE ");
    publish("HUGE", 10 * limit);
    publish("SMALL", 10);
    BOOST_TEST(drain(*events) == "1+SMALL ");
}

BOOST_AUTO_TEST_CASE(is_free_again_when_events_are_read)
{
    auto const events = hub.subscribe({}, 0);
    for (int round = 0; round < 10; ++round) {
        publish("A", limit / 2);
        BOOST_TEST(drain(*events) == "A ");
        publish("B", limit / 2);
        reader const one(*events);
        context.restart();
        context.poll();
        BOOST_TEST(one.calls() == 1);
    }
    BOOST_TEST(hub.lost() == 0U);
}

BOOST_AUTO_TEST_CASE(is_free_again_when_a_stream_is_closed_or_gone_or_full)
{
    auto const events = hub.subscribe({}, 0);
    auto const closed = hub.subscribe("A", 0);
    auto gone = hub.subscribe("A", 0);
    auto const full = hub.subscribe("A", 1);
    for (int round = 0; round < 2; ++round)
        publish("A", limit / 10);
    BOOST_TEST(hub.lost() == 1U);
    closed->close();
    gone.reset();
    BOOST_TEST(drain(*full) == "1+A ");
    BOOST_TEST(drain(*events) == "A A ");
    publish("B", limit * 9 / 10);
    BOOST_TEST(drain(*events) == "B ");
    BOOST_TEST(hub.lost() == 1U);
}

BOOST_AUTO_TEST_CASE(counts_names_too)
{
    auto const events = hub.subscribe({}, 0);
    publish(std::string(limit, 'x'), 0);
    publish("B", 0);
    BOOST_TEST(drain(*events) == "1+B ");
}

BOOST_AUTO_TEST_CASE(does_not_count_the_event_that_a_wait_is_for)
{
    auto const expected = hub.expect("STOP");
    auto const events = hub.subscribe("RESUME", 0);
    publish("STOP", 10 * limit);
    publish("RESUME", limit / 2);
    publish("RESUME", limit / 4);
    BOOST_TEST(drain(*events) == "RESUME RESUME ");
    BOOST_TEST(drain(*expected) == "STOP ");
}

BOOST_AUTO_TEST_CASE(has_no_limit_if_that_is_zero)
{
    event_hub unlimited(context.get_executor(), 1000, 0);
    auto const events = unlimited.subscribe({}, 0);
    for (char const* name : {"A", "B", "C"})
        unlimited.publish(an_event(name), std::size_t{1} << 40);
    BOOST_TEST(drain(*events) == "A B C ");
}

/// Reports when an event that uses it is freed.
class observed_memory final : public boost::container::pmr::memory_resource
{
public:
    explicit observed_memory(std::function<void()> freed) : freed_(std::move(freed)) {}

private:
    void* do_allocate(std::size_t size, std::size_t) override { return ::operator new(size); }
    void do_deallocate(void* memory, std::size_t, std::size_t) override
    {
        ::operator delete(memory);
        freed_();
    }
    bool do_is_equal(memory_resource const& other) const noexcept override { return this == &other; }

    std::function<void()> freed_;
};

/// A predicate whose destructor uses the hub.
struct predicate_with_a_stream
{
    explicit predicate_with_a_stream(event_hub& of) : hub(&of) {}
    predicate_with_a_stream(predicate_with_a_stream const&) = default;
    predicate_with_a_stream(predicate_with_a_stream&& other) noexcept : hub(std::exchange(other.hub, nullptr)) {}
    predicate_with_a_stream& operator=(predicate_with_a_stream const&) = delete;
    ~predicate_with_a_stream()
    {
        if (hub != nullptr)
            static_cast<void>(hub->subscribe({}, 0));
    }

    bool operator()(event const&) const { return true; }

    event_hub* hub;
};

BOOST_AUTO_TEST_CASE(is_freed_under_no_lock_even_if_a_predicate_goes_with_it, *boost::unit_test::timeout(50))
{
    std::shared_ptr<subscription> gone;
    bool is_queued = false;
    observed_memory memory([&] {
        if (is_queued)
            gone.reset();
    });
    gone = hub.subscribe(event_filter().matching(predicate_with_a_stream(hub)), 0);
    auto const other = hub.subscribe("B", 0);  // so that publishing B does not keep the first stream alive
    event first{"A", boost::json::object({{"of", "an event"}}, &memory), {}};
    hub.publish(std::move(first), limit * 4 / 5);
    is_queued = true;
    publish("B", limit * 4 / 5);
    BOOST_TEST(!gone);
}

BOOST_AUTO_TEST_CASE(is_limited_before_the_first_stream_and_stays_counted_in_it)
{
    event_hub early(context.get_executor(), 1000, limit, 1000);
    for (char const* name : {"A", "B", "C"})
        early.publish(an_event(name), limit * 2 / 5, true);
    BOOST_TEST(early.lost() == 1U);
    auto const first = early.subscribe({}, 0);
    early.publish(an_event("D"), limit * 2 / 5);
    BOOST_TEST(drain(*first) == "2+C D ");
}

BOOST_AUTO_TEST_SUITE_END()
