// A run of a job that reports its progress to a function, with a peer that follows a script.
#include "support/running_job.hpp"
#include "support/simulated_time.hpp"
#include "support/spawned.hpp"

#include <coqmp/job.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using coqmp::errc;
using coqmp::job;
using coqmp::job_progress;
using coqmp::job_state;
using namespace coqmp::test;

namespace {

/// A job that runs, and the progress that a run of it reports.
struct reported_job : running_job
{
    explicit reported_job(asio::any_io_executor executor) : running_job(without_time(executor)) {}

    std::function<void(job_progress const&)> note()
    {
        return [this](job_progress const& now) {
            seen.push_back(now);
            if (throws)
                throw std::runtime_error("no more");
        };
    }

    void spawn(asio::awaitable<void> work) { ran.emplace(client.get_executor(), std::move(work), stop.slot()); }

    asio::awaitable<void> start_and_run()
    {
        co_await start();
        spawn(subject->run(note()));
        co_await sees(job_state::running);
    }

    /// Waits until this state was reported.
    asio::awaitable<void> sees(job_state what)
    {
        while (seen.empty() || seen.back().state != what)
            co_await asio::post(client.get_executor(), asio::deferred);
    }

    void cancel() { stop.emit(asio::cancellation_type::terminal); }

    /// How often this state was reported.
    [[nodiscard]] auto count(job_state what) const
    {
        return std::ranges::count(seen, what, [](job_progress const& each) { return each.state; });
    }

    /// The exception with which the run ended; empty: none.
    asio::awaitable<std::string> failure() { return ran->failure(); }

    std::vector<job_progress> seen;
    bool throws = false;
    asio::cancellation_signal stop;
    std::optional<spawned<void>> ran;
};

asio::awaitable<void> conclude_cancelled(fake_peer& peer)
{
    tell(peer, "aborting");
    peer.event("BLOCK_JOB_CANCELLED", {{"device", "m"}, {"len", 100}, {"offset", 7}});
    tell(peer, "concluded");
    co_await peer.serve("job-dismiss");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(job_reports, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(a_run_reports_the_states_and_the_end_once)
{
    reported_job test(co_await this_coro::executor);
    co_await test.start_and_run();
    tell(test.peer, "ready");
    auto const completion = co_await test.peer.expect("job-complete");
    test.peer.answer(completion);
    co_await test.sees(job_state::ready);
    tell(test.peer, "waiting");
    tell(test.peer, "pending");
    tell_end(test.peer);
    auto const dismissal = co_await test.peer.expect("job-dismiss");
    BOOST_TEST(test.count(job_state::concluded) == 0);  // it is the last report
    tell(test.peer, "null");
    test.peer.answer(dismissal);
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "");
    BOOST_TEST(test.seen.back().state == job_state::concluded);
    BOOST_TEST(test.seen.back().current == 100U);
    BOOST_TEST(test.count(job_state::concluded) == 1);
    BOOST_TEST(test.count(job_state::null) == 0);
}

COROUTINE_TEST_CASE(a_cancelled_run_reports_until_the_job_has_ended)
{
    reported_job test(co_await this_coro::executor);
    co_await test.start_and_run();
    test.cancel();
    co_await test.peer.serve("job-cancel");
    BOOST_TEST(!test.ran->has_ended());
    co_await conclude_cancelled(test.peer);
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "job m was cancelled");
    BOOST_TEST(test.seen.back().state == job_state::concluded);
    BOOST_TEST(test.seen.back().current == 7U);
}

COROUTINE_TEST_CASE(a_cancelled_run_whose_session_ends_does_not_say_that_the_job_was_cancelled)
{
    reported_job test(co_await this_coro::executor);
    co_await test.start_and_run();
    test.cancel();
    co_await test.peer.expect("job-cancel");
    test.peer.close();
    co_await test.failure();
    BOOST_TEST((test.ran->thrown<boost::system::system_error>().code() == errc::disconnected));
}

COROUTINE_TEST_CASE(a_second_cancellation_ends_the_run_and_the_reports)
{
    reported_job test(co_await this_coro::executor);
    co_await test.start_and_run();
    test.cancel();
    auto const id = co_await test.peer.expect("job-cancel");
    test.cancel();
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure.starts_with("job m: Operation canceled"), failure);
    auto const reports = test.seen.size();
    test.peer.answer(id);
    tell(test.peer, "aborting");
    auto const progress = co_await test.subject->next_progress();
    BOOST_TEST((progress && progress->state == job_state::aborting));
    BOOST_TEST(test.seen.size() == reports);
    BOOST_TEST(test.count(job_state::concluded) == 0);
}

COROUTINE_TEST_CASE(a_function_that_throws_cancels_the_job)
{
    reported_job test(co_await this_coro::executor);
    test.throws = true;
    co_await test.start_and_run();
    co_await test.peer.serve("job-cancel");
    BOOST_TEST(!test.ran->has_ended());
    co_await conclude_cancelled(test.peer);
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "no more");
    BOOST_TEST(test.seen.size() == 1U);
}

COROUTINE_TEST_CASE(a_function_that_throws_when_the_job_has_ended_ends_the_run)
{
    reported_job test(co_await this_coro::executor);
    co_await test.start_and_run();
    test.throws = true;
    tell_end(test.peer);
    co_await test.peer.serve("job-dismiss");
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "no more");
    BOOST_TEST(test.seen.size() == 2U);
}

COROUTINE_TEST_CASE(a_refused_completion_ends_the_reports_of_a_job_that_goes_on)
{
    reported_job test(co_await this_coro::executor);
    co_await test.start_and_run();
    tell(test.peer, "ready");
    auto const completion = co_await test.peer.expect("job-complete");
    test.peer.refuse(completion, "GenericError", "the target is gone");
    co_await test.peer.serve("query-jobs", listed("ready", 100));
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "job m: QEMU refused job-complete: the target is gone");
    BOOST_TEST(test.seen.back().state == job_state::ready);
}

COROUTINE_TEST_CASE(a_session_that_ends_ends_the_run_and_the_reports)
{
    reported_job test(co_await this_coro::executor);
    co_await test.start_and_run();
    test.peer.close();
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure.starts_with("job m: "), failure);
    BOOST_TEST(test.count(job_state::concluded) == 0);
}

COROUTINE_TEST_CASE(a_job_that_is_destroyed_ends_the_run_and_the_reports)
{
    reported_job test(co_await this_coro::executor);
    co_await test.start_and_run();
    test.subject.reset();
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure.starts_with("job m: Operation canceled"), failure);
    BOOST_TEST(test.count(job_state::concluded) == 0);
}

COROUTINE_TEST_CASE(a_job_that_has_ended_already_is_reported_as_concluded)
{
    reported_job test(co_await this_coro::executor);
    co_await test.start_and_run();
    tell_end(test.peer);
    co_await test.peer.serve("job-dismiss");
    std::string const first = co_await test.failure();
    BOOST_TEST(first == "");
    test.seen.clear();
    auto running = test.subject->run(test.note());
    co_await std::move(running);
    BOOST_REQUIRE(test.seen.size() == 1U);
    BOOST_TEST(test.seen[0].state == job_state::concluded);
}

COROUTINE_TEST_CASE(another_reader_gets_the_news_and_the_function_the_end)
{
    reported_job test(co_await this_coro::executor);
    co_await test.start();
    auto const first = co_await test.subject->next_progress();
    BOOST_TEST((first && first->state == job_state::running));
    completion<job_progress> read(test.client.get_executor());
    test.subject->async_next_progress(read.token());
    test.spawn(test.subject->run(test.note()));
    tell_end(test.peer);
    co_await test.peer.serve("job-dismiss");
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "");
    BOOST_TEST(read.times() == 1);
    BOOST_REQUIRE(test.seen.size() == 1U);
    BOOST_TEST(test.seen[0].state == job_state::concluded);
}

COROUTINE_TEST_CASE(run_job_reports_from_the_start)
{
    reported_job test(co_await this_coro::executor);
    co_await test.begin();
    test.spawn(coqmp::run_job(test.client, mirror, test.note()));
    auto const id = co_await test.peer.expect("blockdev-mirror");
    tell(test.peer, "created");
    tell(test.peer, "running");
    test.peer.answer(id);
    co_await test.sees(job_state::running);
    tell_end(test.peer);
    co_await test.peer.serve("job-dismiss");
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "");
    BOOST_TEST(test.seen.back().state == job_state::concluded);
}

COROUTINE_TEST_CASE(a_job_that_qemu_refuses_to_start_is_not_reported)
{
    reported_job test(co_await this_coro::executor);
    co_await test.begin();
    test.spawn(coqmp::run_job(test.client, mirror, test.note()));
    auto const id = co_await test.peer.expect("blockdev-mirror");
    test.peer.refuse(id, "GenericError", "no");
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure == "blockdev-mirror: GenericError: no");
    BOOST_TEST(test.seen.empty());
}

COROUTINE_TEST_CASE(a_function_sees_nothing_of_a_job_that_was_moved_from)
{
    reported_job test(co_await this_coro::executor);
    co_await test.start();
    job const moved = std::move(*test.subject);
    test.spawn(test.subject->run(test.note()));
    std::string const failure = co_await test.failure();
    BOOST_TEST(failure.starts_with("job: "), failure);
    BOOST_TEST(test.seen.empty());
}

BOOST_AUTO_TEST_SUITE_END()
