// A job, and all orders in which its events, the answers to commands, and what other clients do may come.
#include "job/job_tracker.hpp"

#include "unit/job_model.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

using coqmp::command;
using coqmp::event;
using coqmp::job_outcome;
using coqmp::version;
using coqmp::detail::job_tracker;
using namespace coqmp::test;

BOOST_AUTO_TEST_SUITE(job_interleavings)

namespace {

/// What happens in one run, besides the job's own course.
struct circumstances
{
    fate what = fate::completes;
    bool is_block_job = true;
    bool auto_dismiss = false;
    bool drives = false;
    int cancels_at = -1;     // step at which this client cancels
    int other_at = -1;       // step at which another client sends its verb
    std::string other_verb;  // of the other client
    int lost_from = -1;      // events, by number
    int lost_count = 0;
};

std::ostream& operator<<(std::ostream& out, circumstances const& that)
{
    return out << "fate " << static_cast<int>(that.what) << " block " << that.is_block_job << " auto-dismiss "
               << that.auto_dismiss << " drives " << that.drives << " cancels at " << that.cancels_at << " other "
               << that.other_verb << " at " << that.other_at << " lost " << that.lost_from << '+' << that.lost_count;
}

/// Plays one job. Each bit of the order says who is next: QEMU's job, or the monitor with the command that waits.
class play
{
public:
    play(circumstances what, unsigned order)
        : that_(std::move(what)),
          order_(order),
          job_(that_.what, that_.is_block_job, that_.auto_dismiss),
          tracker_("m", version{7, 2, 0, ""}, !that_.auto_dismiss)
    {}

    void run()
    {
        deliver(job_.advance());
        tracker_.started();
        if (that_.drives)
            tracker_.drive();
        for (int step = 0; step < 60 && !tracker_.end(); ++step)
            go(step);
    }

    [[nodiscard]] job_tracker const& tracker() const { return tracker_; }
    [[nodiscard]] job_model const& job() const { return job_; }

private:
    void go(int step)
    {
        if (step == that_.cancels_at)
            tracker_.cancel();
        if (step == that_.other_at)
            deliver(job_.execute(command(that_.other_verb)).first);
        if (!sent_)
            sent_ = tracker_.next();
        bool const is_jobs_turn = ((order_ >> (step % 10)) & 1U) != 0;
        if ((is_jobs_turn && job_.has_plan()) || !sent_)
            deliver(job_.advance());
        else
            serve();
        bool const is_silent = !sent_ && !job_.has_plan();
        if (is_silent && step % 8 == 7)
            tracker_.look();
    }

    void serve()
    {
        auto [events, answer] = job_.execute(*sent_);
        sent_.reset();
        deliver(events);
        tracker_.answer(answer);
    }

    void deliver(std::vector<event> events)
    {
        for (event& each : events) {
            int const number = number_++;
            if (number >= that_.lost_from && number < that_.lost_from + that_.lost_count) {
                ++lost_;
                continue;
            }
            each.lost_before = std::exchange(lost_, 0U);
            tracker_.take(each);
        }
    }

    circumstances that_;
    unsigned order_;
    job_model job_;
    job_tracker tracker_;
    std::optional<command> sent_;
    int number_ = 0;
    unsigned lost_ = 0;
};

void check(circumstances const& that, unsigned order)
{
    play one(that, order);
    one.run();
    bool const is_left_alone = (that.what == fate::becomes_ready || that.what == fate::becomes_pending) && !that.drives &&
                               that.cancels_at < 0 && that.other_at < 0;
    bool const has_ended = one.tracker().end().has_value();
    if (!has_ended && (is_left_alone || one.job().status() == "ready" || one.job().status() == "pending"))
        return;
    BOOST_TEST_REQUIRE(has_ended, that << " order " << order << ": no end, the job is " << one.job().status());
    auto const outcome = one.tracker().end()->outcome;
    bool const may_miss_it = that.lost_count > 0 || that.other_verb == "job-dismiss";
    if (outcome == job_outcome::vanished)
        BOOST_TEST_REQUIRE(may_miss_it, that << " order " << order << ": vanished");
    else
        BOOST_TEST_REQUIRE((outcome != job_outcome::completed) == one.job().was_aborted(),
                           that << " order " << order << ": " << outcome);
    if (!that.auto_dismiss)
        BOOST_TEST_REQUIRE(one.job().status() == "null", that << " order " << order << ": not dismissed");
}

std::vector<circumstances> courses()
{
    std::vector<circumstances> all;
    for (fate const what : {fate::completes, fate::fails, fate::becomes_ready, fate::becomes_pending})
        for (bool const is_block_job : {true, false})
            for (bool const auto_dismiss : {true, false})
                for (bool const drives : {true, false}) {
                    // Jobs that are not block jobs always stay until they are dismissed, and never get ready or pending.
                    if (!is_block_job && (auto_dismiss || what == fate::becomes_ready || what == fate::becomes_pending))
                        continue;
                    circumstances that;
                    that.what = what;
                    that.is_block_job = is_block_job;
                    that.auto_dismiss = auto_dismiss;
                    that.drives = drives && !auto_dismiss;
                    all.push_back(that);
                }
    return all;
}

constexpr unsigned orders = 1U << 8;

}  // namespace

BOOST_AUTO_TEST_CASE(a_job_ends_truly_in_any_order_of_events_and_answers)
{
    for (circumstances const& that : courses())
        for (unsigned order = 0; order < 4 * orders; ++order)
            check(that, order);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_cancelled_at_any_moment_ends_truly)
{
    for (circumstances that : courses())
        for (that.cancels_at = 0; that.cancels_at < 9; ++that.cancels_at)
            for (unsigned order = 0; order < orders; order += 3)
                check(that, order);
}

BOOST_AUTO_TEST_CASE(a_job_that_another_client_controls_at_any_moment_ends_truly)
{
    for (circumstances that : courses())
        for (char const* const verb : {"job-cancel", "job-complete", "job-finalize", "job-dismiss"})
            for (that.other_at = 0; that.other_at < 9; ++that.other_at)
                for (unsigned order = 0; order < orders; order += 7) {
                    that.other_verb = verb;
                    check(that, order);
                }
}

BOOST_AUTO_TEST_CASE(a_job_whose_events_are_lost_at_any_moment_ends_and_no_outcome_is_invented)
{
    for (circumstances that : courses())
        for (that.lost_from = 0; that.lost_from < 8; ++that.lost_from)
            for (that.lost_count = 1; that.lost_count < 5; ++that.lost_count)
                for (unsigned order = 0; order < orders; order += 5)
                    check(that, order);
}

BOOST_AUTO_TEST_SUITE_END()
