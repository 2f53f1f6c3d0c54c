// Which thread starts and ends processes, and what may happen meanwhile: the event loop goes on, and a start can be cancelled,
// miss its deadline, or lose its machine or its context, and leaves no process behind.
#include "support/fake_peer.hpp"
#include "support/faults.hpp"
#include "support/helper_threads.hpp"
#include "support/open_descriptors.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <atomic>
#include <cstdio>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace asio = boost::asio;
using boost::system::error_code;
using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::endpoint;
using coqmp::errc;
using coqmp::listener;
using coqmp::machine;

namespace {

/// A program's start, held up by the test.
class held_start
{
public:
    explicit held_start(call_watch::moment when = call_watch::moment::before)
        : watch_(system_call::clone, [this] { hold(); }, when)
    {}
    ~held_start()
    {
        release();
        await_helper_threads();
    }

    void await_begin() { begun_.get_future().wait(); }
    void release()
    {
        if (!released_.exchange(true))
            go_.set_value();
    }
    [[nodiscard]] int starts() const noexcept { return starts_; }

private:
    void hold()
    {
        if (starts_++ == 0)
            begun_.set_value();
        gone_.wait();
    }

    std::promise<void> begun_;
    std::promise<void> go_;
    std::shared_future<void> gone_ = go_.get_future().share();
    std::atomic<bool> released_ = false;
    std::atomic<int> starts_ = 0;
    call_watch watch_;
};

/// Which threads make a call.
class callers
{
public:
    explicit callers(system_call which)
        : watch_(which, [this] {
              std::scoped_lock const lock(mutex_);
              seen_.insert(std::this_thread::get_id());
          })
    {}

    [[nodiscard]] std::set<std::thread::id> seen() const
    {
        std::scoped_lock const lock(mutex_);
        return seen_;
    }

private:
    mutable std::mutex mutex_;
    std::set<std::thread::id> seen_;
    call_watch watch_;
};

/// How a start ends.
struct start_record
{
    auto token()
    {
        return [this](std::exception_ptr failure) {
            ++times;
            try {
                if (failure)
                    std::rethrow_exception(failure);
            } catch (coqmp::start_failed const& why) {
                code = why.code();
                words = why.what();
                status = why.status();
            }
        };
    }

    int times = 0;
    error_code code;
    std::string words;
    std::optional<coqmp::exit_status> status;
};

coqmp::machine_spec endless()
{
    return script("exec cat /dev/zero >/dev/null");
}

struct fixture
{
    asio::io_context context{1};
    temporary_directory directory;
    endpoint where = endpoint::unix_socket(directory.path() / "monitor");

    template <class Condition>
    void run_until(Condition holds)
    {
        context.restart();
        while (!holds() && context.run_one_for(time_limit) != 0)
            continue;
        BOOST_REQUIRE(holds());
    }

    /// Returns when the helper thread is about to start the program.
    void begin(held_start& start)
    {
        context.restart();
        context.poll();
        start.await_begin();
    }

    void run()
    {
        context.restart();
        context.run_for(time_limit);
        BOOST_TEST(context.stopped(), "something hangs");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(launch_threads, fixture, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(the_loop_runs_handlers_while_a_program_is_started)
{
    bool handled_meanwhile = false;
    std::promise<void> handled;
    std::future<void> const has_handled = handled.get_future();
    start_record start;  // it completes after the machine has gone
    {
        call_watch const spawning(system_call::clone,
                                  [&] { handled_meanwhile = has_handled.wait_for(10s) == std::future_status::ready; });
        machine subject(context.get_executor(), endless());
        subject.async_start(start.token());
        asio::post(context, [&] { handled.set_value(); });
        run_until([&] { return subject.pid() > 0; });
    }
    run();
    BOOST_TEST(handled_meanwhile);
}

BOOST_AUTO_TEST_CASE(one_thread_starts_all_programs)
{
    callers const spawning(system_call::clone);
    for (int round = 0; round < 3; ++round) {
        machine one(context.get_executor(), script("exit 0"));
        machine two(context.get_executor(), script("exit 0"));
        start_record first;
        start_record second;
        one.async_start(first.token());
        std::thread([&] { two.async_start(second.token()); }).join();
        run();
        BOOST_TEST((first.times == 1 && second.times == 1));
    }
    auto const threads = spawning.seen();
    BOOST_TEST(threads.size() == 1U);
    BOOST_TEST(!threads.contains(std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(the_loop_does_not_look_for_descendants)
{
    callers const signalling(system_call::pidfd_send_signal);
    for (bool const destroyed : {false, true}) {
        std::optional<machine> subject(std::in_place, context.get_executor(), script("sleep 1000 & echo ready >&2; wait"));
        start_record start;
        subject->async_start(start.token());
        run_until([&] { return subject->standard_error() == "ready\n"; });
        if (destroyed)
            subject.reset();
        else
            subject->kill();
        run();
        BOOST_TEST(start.times == 1);
        await_helper_threads();
    }
    BOOST_TEST(signalling.seen().size() == 1U);
    BOOST_TEST(!signalling.seen().contains(std::this_thread::get_id()));
    BOOST_TEST(no_child_is_left());
}

BOOST_AUTO_TEST_CASE(the_context_has_work_while_a_program_is_started)
{
    held_start held;
    machine subject(context.get_executor(), script("exit 0"));
    start_record start;
    subject.async_start(start.token());
    begin(held);
    context.poll();
    BOOST_TEST(!context.stopped());
    held.release();
    run();
    BOOST_TEST(start.times == 1);
    BOOST_TEST((start.code == errc::machine_exited));
}

BOOST_AUTO_TEST_CASE(a_machine_that_is_destroyed_while_its_program_is_started_leaves_nothing)
{
    held_start held;
    start_record start;
    {
        machine subject(context.get_executor(), endless());
        subject.async_start(start.token());
        begin(held);
    }
    context.poll();
    BOOST_TEST(start.times == 0, "its process may still come into being");
    held.release();
    run();
    BOOST_TEST(start.times == 1);
    BOOST_TEST((start.code == asio::error::operation_aborted));
    BOOST_TEST(no_child_is_left());
}

BOOST_AUTO_TEST_CASE(a_context_that_is_destroyed_while_a_program_is_started_leaves_nothing)
{
    await_helper_threads();
    std::size_t const before = open_descriptors();
    auto const token = std::make_shared<int>(0);
    for (bool const through_listener : {false, true}) {
        held_start held;
        {
            asio::io_context mortal(1);
            listener door(mortal.get_executor(), where);
            auto const subject = std::make_shared<machine>(mortal.get_executor(), endless());
            auto on_start = [subject, token](std::exception_ptr) { BOOST_FAIL("called"); };
            if (through_listener)
                subject->async_start(door, std::move(on_start));
            else
                subject->async_start(std::move(on_start));
            mortal.poll();
            held.await_begin();
        }
        BOOST_TEST(token.use_count() == 1);
        held.release();
        await_helper_threads();
        BOOST_TEST(held.starts() == 1);
        await_no_child();
    }
    while (open_descriptors() != before)  // the reaping thread closes its last descriptor just after
        std::this_thread::yield();
}

BOOST_AUTO_TEST_CASE(a_start_that_hangs_ends_at_its_deadline_and_its_process_is_killed_when_it_comes)
{
    held_start held;
    coqmp::machine_spec spec = endless();
    spec.start_timeout = 50ms;
    machine subject(context.get_executor(), spec);
    start_record start;
    error_code waited;
    subject.async_start(start.token());
    subject.async_wait([&](error_code error, coqmp::exit_status) { waited = error; });
    begin(held);
    run();
    BOOST_TEST(start.times == 1);
    BOOST_TEST((start.code == errc::timed_out));
    BOOST_TEST(start.words == "sh was not started within 0.05 s: programs are started one after the other");
    BOOST_TEST((waited == errc::not_running));
    held.release();
    await_helper_threads();
    await_no_child();
    BOOST_TEST(subject.pid() == -1);
}

BOOST_AUTO_TEST_CASE(a_start_that_is_cancelled_before_its_turn_ends_at_once_and_starts_nothing)
{
    held_start held;
    machine first(context.get_executor(), script("exit 0"));
    machine second(context.get_executor(), endless());
    start_record one;
    start_record two;
    asio::cancellation_signal signal;
    first.async_start(one.token());
    second.async_start(asio::bind_cancellation_slot(signal.slot(), two.token()));
    begin(held);
    signal.emit(asio::cancellation_type::terminal);
    run_until([&] { return two.times == 1; });
    BOOST_TEST((two.code == asio::error::operation_aborted));
    BOOST_TEST(one.times == 0);
    held.release();
    run();
    BOOST_TEST(one.times == 1);
    BOOST_TEST(held.starts() == 1);
}

BOOST_AUTO_TEST_CASE(a_machine_that_is_killed_while_its_program_is_started_dies)
{
    held_start held;
    machine subject(context.get_executor(), endless());
    start_record start;
    subject.async_start(start.token());
    begin(held);
    subject.kill();
    held.release();
    run();
    BOOST_TEST(start.times == 1);
    BOOST_TEST((start.status == coqmp::exit_status{-1, SIGKILL}));
    BOOST_TEST(no_child_is_left());
}

BOOST_AUTO_TEST_CASE(a_process_that_connects_before_its_number_is_known_is_let_in)
{
    // Another accept admits every process: it must not get the machine's connection.
    listener door(context.get_executor(), where);
    int strangers = 0;
    door.async_accept([&](error_code error, coqmp::session const&) { strangers += !error; });
    {
        held_start held(call_watch::moment::after);
        std::promise<void> connected;
        std::atomic<bool> told = false;
        // Runs after the handler that accepts, which has dealt with the connection by then.
        call_watch const accepting(system_call::accept4, [&] {
            if (!told.exchange(true))
                asio::post(context, [&] { connected.set_value(); });
        });
        machine subject(context.get_executor(), bare_qemu());
        start_record start;
        subject.async_start(door, start.token());
        std::future<void> const has_connected = connected.get_future();
        run_until([&] { return has_connected.wait_for(0s) == std::future_status::ready; });
        BOOST_TEST(start.times == 0);
        held.release();
        run_until([&] { return start.times == 1; });
        BOOST_TEST(start.words == "");
        BOOST_TEST(subject.pid() > 0);
        BOOST_TEST(strangers == 0);
        BOOST_TEST(door.refused() == 0U);
    }
    door.close();
    run();
}

BOOST_AUTO_TEST_CASE(a_session_that_is_ready_before_the_process_is_known_waits_for_it)
{
    listener door(context.get_executor(), endpoint::tcp("127.0.0.1", 0));
    held_start held(call_watch::moment::after);
    int received = 0;
    coqmp::machine_spec spec = bare_qemu();
    spec.session.trace = [&received](coqmp::direction which, std::string_view) {
        received += which == coqmp::direction::received;
    };
    machine subject(context.get_executor(), spec);
    start_record start;
    subject.async_start(door, start.token());
    run_until([&] { return received == 2; });  // the greeting, and the answer to qmp_capabilities
    context.poll();
    BOOST_TEST(start.times == 0);
    held.release();
    run_until([&] { return start.times == 1; });
    BOOST_TEST(start.words == "");
    BOOST_TEST(subject.pid() > 0);
}

BOOST_AUTO_TEST_CASE(a_stranger_that_connects_while_a_program_starts_waits_until_it_is_identified)
{
    for (bool const someone_waits : {false, true}) {
        listener door(context.get_executor(), where);
        held_start held;
        bool let_in = false;
        if (someone_waits)
            door.async_accept([&](error_code error, coqmp::session const&) { let_in = !error; });
        machine subject(context.get_executor(), endless());
        start_record start;
        subject.async_start(door, start.token());
        begin(held);
        fake_peer stranger = fake_peer::calling(context.get_executor(), where);
        asio::co_spawn(context, stranger.handshake(), asio::detached);
        context.poll();
        BOOST_TEST(!let_in);
        BOOST_TEST(door.refused() == 0U);
        held.release();
        run_until([&] { return let_in || door.refused() == 1; });
        BOOST_TEST(let_in == someone_waits);
        subject.kill();
        run_until([&] { return start.times == 1; });
        door.close();
        run();
    }
}

BOOST_AUTO_TEST_CASE(a_supervisor_that_exits_right_after_it_destroyed_a_machine_leaves_no_orphan)
{
    std::FILE* const output = ::popen(LEAVING_SUPERVISOR, "re");
    BOOST_REQUIRE(output != nullptr);
    // The end of file comes when the supervisor and all that it has started are gone.
    BOOST_TEST(std::fgetc(output) == EOF);
    BOOST_TEST(::pclose(output) == 0);
}

BOOST_AUTO_TEST_CASE(a_supervisor_that_is_killed_leaves_no_orphan)
{
    std::FILE* const output = ::popen("exec " LEAVING_SUPERVISOR " killed", "re");
    BOOST_REQUIRE(output != nullptr);
    BOOST_TEST(std::fgetc(output) == EOF);
    BOOST_TEST(WTERMSIG(::pclose(output)) == SIGKILL);
}

BOOST_AUTO_TEST_SUITE_END()
