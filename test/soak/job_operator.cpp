#include "job_operator.hpp"

#include "support/processes.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/job.hpp>
#include <coqmp/machine.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace coqmp::soak {

namespace {

/// A job, how it ended according to all its waits, and what else may end them.
struct watched_job
{
    std::optional<job> subject;
    std::optional<job_outcome> outcome;
    bool was_left = false;      ///< Its object was destroyed.
    bool is_session_up = true;  ///< Its session was not ended by us.
};

template <class What>
std::string in_words(What const& what)
{
    std::ostringstream text;
    text << what;
    return text.str();
}

/// One QEMU with two disks, and the jobs that copy one to the other.
class job_shift
{
public:
    job_shift(machine& subject, endpoint second_monitor, ledger& book, random& source)
        : machine_(subject),
          session_(subject.session()),
          second_monitor_(std::move(second_monitor)),
          book_(book),
          random_(source),
          all_(subject.get_executor())
    {}

    asio::awaitable<void> work(time_point until)
    {
        co_await add_disk("source");
        co_await add_disk("target");
        try {
            bool lives = true;
            for (int round = up_to(random_, 20); lives && round >= 0 && std::chrono::steady_clock::now() < until; --round)
                lives = co_await act();
        } catch (std::exception const& error) {
            book_.violation(std::string("a job's operator got: ") + error.what());
            machine_.kill();
        }
        co_await all_.done();
    }

private:
    asio::awaitable<void> add_disk(std::string name)
    {
        command add("blockdev-add");
        add.with("driver", "null-co").with("node-name", name).with("size", 16 << 20).with("read-zeroes", once_in(random_, 2));
        co_await session_.execute(std::move(add));
    }

    /// @return whether the machine still runs
    asio::awaitable<bool> act()
    {
        ++book_.jobs;
        int const what = up_to(random_, 20);
        if (what == 0) {
            co_await kill_machine();
            co_return false;
        }
        if (what <= 4) {
            co_await end_session();
        } else {
            auto const one = co_await begin(session_);
            if (what <= 8)
                co_await run_to_the_end(one);
            else if (what <= 12)
                co_await cancel_the_run(one);
            else if (what <= 15)
                co_await cancel(one);
            else if (what <= 17)
                co_await pause_and_run(one);
            else
                co_await leave(one);
        }
        co_await all_.done();
        co_await expect_no_job();
        co_return true;
    }

    command next_command()
    {
        command what(once_in(random_, 2) ? "blockdev-mirror" : "blockdev-backup");
        what.with("device", "source").with("target", "target").with("sync", "full");
        if (!once_in(random_, 3))
            what.with("speed", 1 << up_to(random_, 27));
        if (once_in(random_, 2))
            what.with("job-id", "same");
        if (once_in(random_, 3))
            what.with("auto-finalize", false);
        if (once_in(random_, 6))
            what.with("auto-dismiss", true);
        return what;
    }

    /// Starts a job, and some operations that wait.
    asio::awaitable<std::shared_ptr<watched_job>> begin(session& on)
    {
        job started = co_await start_job(on, next_command());
        auto one = std::make_shared<watched_job>();
        one->subject.emplace(std::move(started));
        one->subject->progress_interval(std::chrono::milliseconds(1 + up_to(random_, 20)));
        for (int count = up_to(random_, 3); count > 0; --count)
            wait(one);
        if (once_in(random_, 2))
            wait_ready(one);
        if (once_in(random_, 2)) {
            all_.begin();
            asio::co_spawn(session_.get_executor(), follow(one), asio::detached);
        }
        if (once_in(random_, 2))
            co_await rest(random_, 20);
        co_return one;
    }

    void wait(std::shared_ptr<watched_job> const& one)
    {
        all_.begin();
        ++book_.operations;
        one->subject->async_wait([this, one](error_code error, job_end const& end) {
            check(*one, error);
            if (!error)
                check_outcome(*one, end);
            all_.end();
        });
    }

    void wait_ready(std::shared_ptr<watched_job> const& one)
    {
        all_.begin();
        ++book_.operations;
        one->subject->async_wait_ready([this, one](error_code error, job_progress const& progress) {
            check(*one, error);
            bool const may_be = progress.state == job_state::ready || progress.state == job_state::standby ||
                                progress.state == job_state::pending || progress.state == job_state::concluded ||
                                progress.state == job_state::null;
            book_.expect(error || may_be, "a wait for a job that is ready ended with " + in_words(progress.state));
            all_.end();
        });
    }

    // Reads the progress to the end.
    asio::awaitable<void> follow(std::shared_ptr<watched_job> one)
    {
        while (one->subject) {
            auto reading = one->subject->async_next_progress(asio::as_tuple(asio::deferred));
            auto const [error, progress] = co_await std::move(reading);
            ++book_.events;
            if (error == errc::end_of_stream)
                break;
            if (error)
                check(*one, error);
            if (error)
                break;
        }
        all_.end();
    }

    /// Counts an operation that waited for a job, and checks why it ended.
    void check(watched_job const& one, error_code error)
    {
        if (!error) {
            ++book_.succeeded;
        } else if (error == asio::error::operation_aborted) {
            ++book_.cancelled;
            book_.expect(one.was_left, "a wait for a job was cancelled, and this program did not cancel it");
        } else {
            ++book_.outcome_unknown;
            book_.expect(!one.is_session_up && error == errc::disconnected, "a wait for a job gives " + error.message());
        }
    }

    void check_outcome(watched_job& one, job_end const& end)
    {
        job_outcome const outcome = one.outcome.value_or(end.outcome);
        one.outcome = outcome;
        book_.expect(end.outcome == outcome, "a job ended as " + in_words(end) + " and as " + in_words(outcome));
        book_.expect(end.outcome == job_outcome::completed || end.outcome == job_outcome::cancelled,
                     "a job ended as " + in_words(end));
    }

    /// QEMU refuses it for a job that has ended.
    asio::awaitable<void> hurry(std::string id)
    {
        command faster("block-job-set-speed");
        faster.with("device", id).with("speed", 0);
        auto const [error, answer] = co_await session_.async_execute(std::move(faster), asio::as_tuple(asio::deferred));
        book_.expect(!error, "a job's speed: " + error.message());
    }

    asio::awaitable<void> run_to_the_end(std::shared_ptr<watched_job> one)
    {
        std::string const id = one->subject->id();
        co_await hurry(id);
        ++book_.operations;
        auto const [error, end] = co_await one->subject->async_run(asio::as_tuple(asio::deferred));
        check(*one, error);
        if (!error)
            check_outcome(*one, end);
        book_.expect(one->outcome == job_outcome::completed, "a job that was not cancelled did not complete");
    }

    asio::awaitable<void> cancel_the_run(std::shared_ptr<watched_job> one)
    {
        asio::cancellation_signal stop;
        all_.begin();
        ++book_.operations;
        auto at_end = [this, one](error_code error, job_end const& end) {
            if (!error || error == asio::error::operation_aborted)
                check_outcome(*one, end);
            bool const has_lost_session = error == errc::disconnected && !one->is_session_up;
            book_.expect(!error || error == asio::error::operation_aborted || has_lost_session,
                         "a cancelled run gives " + error.message());
            ++(error ? book_.cancelled : book_.succeeded);
            all_.end();
        };
        one->subject->async_run(asio::bind_cancellation_slot(stop.slot(), std::move(at_end)));
        co_await rest(random_, 30);
        stop.emit(asio::cancellation_type::terminal);
        co_await all_.done();
    }

    asio::awaitable<void> cancel(std::shared_ptr<watched_job> one)
    {
        ++book_.operations;
        auto const [error, end] = co_await one->subject->async_cancel(asio::as_tuple(asio::deferred));
        check(*one, error);
        if (!error)
            check_outcome(*one, end);
    }

    // QEMU refuses either command for a job that has ended.
    asio::awaitable<void> pause_and_run(std::shared_ptr<watched_job> one)
    {
        for (job_verb const verb : {job_verb::pause, job_verb::resume}) {
            ++book_.operations;
            auto asking = one->subject->async_control(verb, asio::as_tuple(asio::deferred));
            auto const [error, answer] = co_await std::move(asking);
            book_.expect(!error, "a job is paused: " + error.message());
            ++(answer.has_value() ? book_.succeeded : book_.refused);
            co_await rest(random_, 10);
        }
        co_await run_to_the_end(one);
    }

    // The job goes on without its object, and is found again.
    asio::awaitable<void> leave(std::shared_ptr<watched_job> one)
    {
        one->was_left = true;
        one->subject.reset();
        co_await all_.done();
        co_await clear();
    }

    // The job goes on without its session, and is found again through another one.
    asio::awaitable<void> end_session()
    {
        ++book_.faults;
        std::optional<session> second(std::in_place, session_.get_executor());
        co_await second->async_connect(second_monitor_);
        auto const one = co_await begin(*second);
        one->is_session_up = false;
        if (once_in(random_, 2))
            second->close();
        else
            second.reset();
        co_await all_.done();
        co_await clear();
    }

    asio::awaitable<void> kill_machine()
    {
        ++book_.faults;
        auto const one = co_await begin(session_);
        one->is_session_up = false;
        machine_.kill();
        co_await all_.done();
        auto const [error, status] = co_await machine_.async_wait(asio::as_tuple(asio::deferred));
        book_.expect(!error, "waiting for the end of a machine gives " + error.message());
    }

    // Ends and dismisses what is left. A command that was sent before may dismiss a job at any moment.
    asio::awaitable<void> clear()
    {
        auto const left = co_await find_jobs(session_);
        book_.expect(left.size() <= 1, "there are more jobs than were started");
        for (auto const& each : left) {
            std::string const id = each.id;
            try {
                job again = co_await attach_job(session_, id);
                co_await end_attached(again);
            } catch (job_failed const& failure) {
                book_.expect(failure.code() == errc::job_vanished, failure.what());
            }
        }
    }

    asio::awaitable<void> end_attached(job& again)
    {
        ++book_.operations;
        if (once_in(random_, 2)) {
            std::string const id = again.id();
            co_await hurry(id);
            auto const [error, end] = co_await again.async_run(asio::as_tuple(asio::deferred));
            book_.expect(!error, "a job that was found again gives " + error.message());
        } else {
            auto const [error, end] = co_await again.async_cancel(asio::as_tuple(asio::deferred));
            book_.expect(!error, "a job that was found again gives " + error.message());
            // QEMU refuses it if it has forgotten the job by itself.
            auto const [lost, answer] = co_await again.async_control(job_verb::dismiss, asio::as_tuple(asio::deferred));
            book_.expect(!lost, "a job is dismissed: " + lost.message());
        }
        ++book_.succeeded;
    }

    asio::awaitable<void> expect_no_job()
    {
        auto const left = co_await find_jobs(session_);
        for (auto const& each : left)
            book_.violation("job " + each.id + " is left, " + in_words(each.state));
    }

    machine& machine_;
    session& session_;
    endpoint const second_monitor_;
    ledger& book_;
    random& random_;
    under_way all_;
};

asio::awaitable<void> operate_jobs_once(ledger& book, random& source, time_point until)
{
    ++book.machines;
    test::temporary_directory const directory;
    endpoint const second_monitor = endpoint::unix_socket(directory.path() / "second");
    machine_spec spec = test::bare_qemu("-qmp", "unix:" + second_monitor.path() + ",server=on,wait=off");
    spec.session.command_timeout = 20s;
    machine subject(co_await asio::this_coro::executor, std::move(spec));
    co_await subject.async_start();
    job_shift today(subject, second_monitor, book, source);
    co_await today.work(until);
    if (once_in(source, 2))
        co_await subject.async_shutdown(2s);
    // Otherwise the machine is destroyed while it runs.
}

}  // namespace

asio::awaitable<void> operate_jobs(ledger& book, std::uint64_t seed, time_point until)
{
    random source(seed);
    while (std::chrono::steady_clock::now() < until) {
        try {
            co_await operate_jobs_once(book, source, until);
        } catch (std::exception const& error) {
            book.violation(std::string("a machine for jobs gives: ") + error.what());
        }
    }
}

}  // namespace coqmp::soak
