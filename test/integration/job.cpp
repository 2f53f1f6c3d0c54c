// Jobs with a peer that follows a script: what is sent and when, what each operation completes with, and when QEMU is asked.
#include "support/running_job.hpp"
#include "support/simulated_time.hpp"

#include <coqmp/job.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;
using coqmp::errc;
using coqmp::job;
using coqmp::job_end;
using coqmp::job_outcome;
using coqmp::job_progress;
using coqmp::job_state;
using coqmp::job_verb;
using coqmp::reply;
using namespace coqmp::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(job_with_a_peer, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(a_job_is_subscribed_to_before_it_starts)
{
    running_job test(co_await this_coro::executor);
    co_await test.begin();
    test.subject.emplace(test.client, mirror);
    completion<reply> started(test.client.get_executor());
    test.subject->async_start(started.token());
    auto const sent = co_await test.peer.receive();
    for (char const* const status : {"created", "running", "aborting"})
        tell(test.peer, status);
    tell_end(test.peer, "No space left on device");
    test.peer.answer(sent.id);
    auto const waited = test.wait();
    co_await test.peer.serve("job-dismiss");
    co_await waited.done();
    BOOST_TEST((waited.value() == job_end(job_outcome::failed, "No space left on device")));
}

COROUTINE_TEST_CASE(a_run_waits_completes_and_dismisses)
{
    running_job test(co_await this_coro::executor);
    co_await test.start();
    auto const ran = test.run();
    tell(test.peer, "ready");
    auto const id = co_await test.peer.expect("job-complete");
    test.peer.answer(id);
    tell(test.peer, "waiting");
    tell(test.peer, "pending");
    tell_end(test.peer);
    auto const dismissal = co_await test.peer.receive();
    BOOST_TEST(dismissal.name == "job-dismiss");
    BOOST_TEST(dismissal.arguments.at("id").as_string() == "m");
    BOOST_TEST(ran.times() == 0);
    test.peer.answer(dismissal.id);
    error_code const error = co_await ran.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST((ran.value() == job_end(job_outcome::completed)));
}

COROUTINE_TEST_CASE(a_cancelled_run_cancels_the_job_and_waits_for_its_end)
{
    running_job test(co_await this_coro::executor);
    co_await test.start();
    completion<job_end> ran(test.client.get_executor());
    asio::cancellation_signal cancel;
    test.subject->async_run(asio::bind_cancellation_slot(cancel.slot(), ran.token()));
    cancel.emit(asio::cancellation_type::terminal);
    co_await test.peer.serve("job-cancel");
    BOOST_TEST(ran.times() == 0);
    tell(test.peer, "aborting");
    test.peer.event("BLOCK_JOB_CANCELLED", {{"device", "m"}, {"len", 100}, {"offset", 7}});
    tell(test.peer, "concluded");
    co_await test.peer.serve("job-dismiss");
    error_code const error = co_await ran.done();
    BOOST_TEST(error == asio::error::operation_aborted);
    BOOST_TEST((ran.value() == job_end(job_outcome::cancelled)));
}

COROUTINE_TEST_CASE(a_second_cancellation_ends_a_run_at_once)
{
    running_job test(co_await this_coro::executor);
    co_await test.start();
    completion<job_end> ran(test.client.get_executor());
    asio::cancellation_signal cancel;
    test.subject->async_run(asio::bind_cancellation_slot(cancel.slot(), ran.token()));
    cancel.emit(asio::cancellation_type::terminal);
    (void)co_await test.peer.expect("job-cancel");
    cancel.emit(asio::cancellation_type::terminal);
    error_code const error = co_await ran.done();
    BOOST_TEST(error == asio::error::operation_aborted);
}

COROUTINE_TEST_CASE(a_job_that_is_destroyed_sends_nothing)
{
    running_job test(co_await this_coro::executor);
    co_await test.start();
    auto const waited = test.wait();
    test.subject.reset();
    error_code const error = co_await waited.done();
    BOOST_TEST(error == asio::error::operation_aborted);
    auto const status = test.ask("query-status");
    co_await test.peer.serve("query-status");  // and nothing before it
    co_await status.done();
}

COROUTINE_TEST_CASE(a_session_that_ends_ends_all_waits_and_not_the_job)
{
    running_job test(co_await this_coro::executor);
    co_await test.start();
    auto const waited = test.wait();
    auto const ran = test.run();
    completion<job_progress> ready(test.client.get_executor());
    test.subject->async_wait_ready(ready.token());
    test.peer.close();
    error_code const first = co_await waited.done();
    error_code const second = co_await ran.done();
    error_code const third = co_await ready.done();
    BOOST_TEST((first == errc::disconnected));
    BOOST_TEST((second == errc::disconnected));
    BOOST_TEST((third == errc::disconnected));
    auto const late = test.wait();
    error_code const fourth = co_await late.done();
    BOOST_TEST((fourth == errc::disconnected));
    auto const rest = co_await test.subject->next_progress();
    BOOST_TEST(rest.has_value());  // the last state
    auto const none = co_await test.subject->next_progress();
    BOOST_TEST(!none.has_value());
}

COROUTINE_TEST_CASE(a_refused_start_is_the_error_of_qemu)
{
    running_job test(co_await this_coro::executor);
    co_await test.begin();
    asio::co_spawn(
        test.client.get_executor(),
        [](fake_peer& peer) -> asio::awaitable<void> {
            auto const id = co_await peer.expect("blockdev-mirror");
            peer.refuse(id, "GenericError", "Need a root block node");
        }(test.peer),
        asio::detached);
    std::string caught;
    try {
        auto const never = co_await coqmp::start_job(test.client, mirror);
    } catch (coqmp::command_failed const& failure) {
        caught = failure.what();
    }
    BOOST_TEST(caught == "blockdev-mirror: GenericError: Need a root block node");
}

COROUTINE_TEST_CASE(a_schema_says_whether_the_job_can_be_kept)
{
    running_job test(co_await this_coro::executor);
    co_await test.begin();
    auto const known = coqmp::schema::parse(R"([
        {"name": "blockdev-mirror", "meta-type": "command", "arg-type": "1", "ret-type": "1"},
        {"name": "1", "meta-type": "object", "members": []}])");
    test.subject.emplace(test.client, mirror, known);
    completion<reply> started(test.client.get_executor());
    test.subject->async_start(started.token());
    auto const sent = co_await test.peer.receive();
    BOOST_TEST(!sent.arguments.contains("auto-dismiss"));
    test.peer.refuse(sent.id, "GenericError", "no");
    co_await started.done();
}

COROUTINE_TEST_CASE(run_job_throws_what_qemu_says_to_its_command)
{
    running_job test(co_await this_coro::executor);
    co_await test.begin();
    asio::co_spawn(
        test.client.get_executor(),
        [](fake_peer& peer) -> asio::awaitable<void> {
            auto const id = co_await peer.expect("blockdev-mirror");
            peer.refuse(id, "GenericError", "no");
        }(test.peer),
        asio::detached);
    std::string caught;
    try {
        co_await coqmp::run_job(test.client, mirror);
    } catch (coqmp::command_failed const& failure) {
        caught = failure.what();
    }
    BOOST_TEST(caught == "blockdev-mirror: GenericError: no");
}

COROUTINE_TEST_CASE(a_cancelled_wait_leaves_the_job_alone)
{
    running_job test(co_await this_coro::executor);
    co_await test.start();
    completion<job_end> waited(test.client.get_executor());
    asio::cancellation_signal cancel;
    test.subject->async_wait(asio::bind_cancellation_slot(cancel.slot(), waited.token()));
    cancel.emit(asio::cancellation_type::total);
    error_code const error = co_await waited.done();
    BOOST_TEST(error == asio::error::operation_aborted);
    auto const paused = [&] {
        completion<reply> result(test.client.get_executor());
        test.subject->async_control(job_verb::pause, result.token());
        return result;
    }();
    co_await test.peer.serve("job-pause");  // and no job-cancel before it
    co_await paused.done();
}

COROUTINE_TEST_CASE(a_cancellation_by_hand_reports_how_the_job_ended)
{
    running_job test(co_await this_coro::executor);
    co_await test.start();
    completion<job_end> cancelled(test.client.get_executor());
    test.subject->async_cancel(cancelled.token());
    auto const id = co_await test.peer.expect("job-cancel");
    tell(test.peer, "waiting");
    tell(test.peer, "pending");
    tell_end(test.peer);
    test.peer.refuse(id, "GenericError", "Job 'm' in state 'concluded' cannot accept command verb 'cancel'");
    auto const query = co_await test.peer.expect("query-jobs");
    test.peer.answer(query, listed("concluded", 100));
    co_await test.peer.serve("job-dismiss");
    error_code const error = co_await cancelled.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST((cancelled.value() == job_end(job_outcome::completed)));
}

COROUTINE_TEST_CASE(a_job_object_that_was_moved_from_is_disconnected)
{
    running_job test(co_await this_coro::executor);
    co_await test.start();
    job moved = std::move(*test.subject);
    auto const waited = test.wait();
    error_code const error = co_await waited.done();
    BOOST_TEST((error == errc::disconnected));
    BOOST_TEST(moved.progress().state == job_state::running);
}

COROUTINE_TEST_CASE(a_job_that_was_not_started_has_nothing_to_wait_for)
{
    running_job test(co_await this_coro::executor);
    co_await test.begin();
    test.subject.emplace(test.client, mirror);
    auto const waited = test.wait();
    error_code const error = co_await waited.done();
    BOOST_TEST((error == errc::not_running));
}

COROUTINE_TEST_CASE(a_job_starts_once)
{
    running_job test(co_await this_coro::executor);
    co_await test.start();
    completion<reply> again(test.client.get_executor());
    test.subject->async_start(again.token());
    error_code const error = co_await again.done();
    BOOST_TEST((error == errc::already_started));
}

COROUTINE_TEST_CASE(a_job_that_exists_can_be_attached_to)
{
    running_job test(co_await this_coro::executor);
    co_await test.begin();
    asio::co_spawn(
        test.client.get_executor(),
        [](fake_peer& peer) -> asio::awaitable<void> {
            co_await peer.serve("query-jobs", listed("running", 20));
            tell(peer, "waiting");
            tell(peer, "pending");
            tell_end(peer);
            tell(peer, "null");
        }(test.peer),
        asio::detached);
    job attached = co_await coqmp::attach_job(test.client, "m");
    BOOST_TEST(attached.id() == "m");
    co_await attached.wait();
}

COROUTINE_TEST_CASE(a_job_that_does_not_exist_cannot_be_attached_to)
{
    running_job test(co_await this_coro::executor);
    co_await test.begin();
    asio::co_spawn(
        test.client.get_executor(),
        [](fake_peer& peer) -> asio::awaitable<void> { co_await peer.serve("query-jobs", json::array()); }(test.peer),
        asio::detached);
    error_code caught;
    try {
        auto const never = co_await coqmp::attach_job(test.client, "m");
    } catch (coqmp::job_failed const& failure) {
        caught = failure.code();
    }
    BOOST_TEST((caught == errc::job_vanished));
}

COROUTINE_TEST_CASE(jobs_of_an_old_qemu_are_found_among_its_block_jobs)
{
    running_job test(co_await this_coro::executor);
    co_await test.begin();
    asio::co_spawn(
        test.client.get_executor(),
        [](fake_peer& peer) -> asio::awaitable<void> {
            auto const id = co_await peer.expect("query-jobs");
            peer.refuse(id, "CommandNotFound", "The command query-jobs has not been found");
            json::array const jobs{json::object{{"device", "m"}, {"len", 9}, {"offset", 5}, {"type", "backup"}}};
            co_await peer.serve("query-block-jobs", jobs);
        }(test.peer),
        asio::detached);
    auto const found = co_await coqmp::find_jobs(test.client);
    BOOST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found[0].id == "m");
    BOOST_TEST(found[0].state == job_state::running);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(job_and_time, *boost::unit_test::timeout(100))

namespace {

asio::awaitable<void> measure(simulated_time& clock)
{
    running_job test(co_await this_coro::executor);
    co_await test.start();
    auto const first = co_await test.subject->next_progress();
    BOOST_TEST((first.has_value() && first->state == job_state::running));
    int current = 10;
    job_progress last;
    for (int times = 0; times < 4; ++times, current += 10) {
        completion<job_progress> read(test.client.get_executor());
        test.subject->async_next_progress(read.token());
        co_await asio::post(test.client.get_executor(), asio::deferred);
        clock.advance(500ms);
        co_await test.peer.serve("query-jobs", listed("running", current));
        co_await read.done();
        last = read.value();
    }
    BOOST_TEST(last.current == 40U);
    BOOST_TEST(last.rate.value() == 20.0, boost::test_tools::tolerance(1e-9));
    BOOST_TEST((std::chrono::round<std::chrono::milliseconds>(last.time_left.value()) == 3s));  // the rate is a rounded number
}

asio::awaitable<void> wait_in_silence(simulated_time& clock)
{
    running_job test(co_await this_coro::executor);
    co_await test.start();
    auto const waited = test.wait();
    co_await asio::post(test.client.get_executor(), asio::deferred);
    clock.advance(10s);
    co_await test.peer.serve("query-jobs", json::array());
    co_await waited.done();
    BOOST_TEST((waited.value() == job_end(job_outcome::vanished)));
}

void run_with_clock(asio::awaitable<void> (*body)(simulated_time&))
{
    asio::io_context context(1);
    auto& clock = asio::make_service<simulated_time>(context);
    bool ended = false;
    asio::co_spawn(context, body(clock), [&ended](std::exception_ptr failure) {
        ended = true;
        if (failure)
            std::rethrow_exception(failure);
    });
    context.run_for(time_limit);
    BOOST_TEST(ended);
}

}  // namespace

BOOST_AUTO_TEST_CASE(progress_has_a_rate_and_the_time_that_is_left)
{
    run_with_clock(measure);
}

BOOST_AUTO_TEST_CASE(a_wait_asks_qemu_after_a_long_silence)
{
    run_with_clock(wait_in_silence);
}

BOOST_AUTO_TEST_SUITE_END()
