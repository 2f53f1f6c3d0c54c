// Whatever happens to a job, its session, its context or its operations, and after whichever handler: each operation completes
// exactly once.
#include "support/conversation.hpp"

#include <coqmp/job.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using coqmp::job;
using coqmp::session;
using namespace coqmp::test;

namespace {

void tell(fake_peer& peer, std::string_view status)
{
    peer.event("JOB_STATUS_CHANGE", {{"id", "m"}, {"status", status}});
}

/// A QEMU with one job, which gets ready, and ends as its client wants.
asio::awaitable<void> serve_job(fake_peer& peer)
{
    std::string state;
    try {
        co_await peer.handshake();
        for (;;) {
            auto const got = co_await peer.receive();
            if (got.name == "query-jobs") {
                json::array jobs;
                if (!state.empty())
                    jobs.push_back(json::object{{"id", "m"}, {"status", state}, {"type", "mirror"}});
                peer.answer(got.id, jobs);
            } else if (got.name == "blockdev-mirror") {
                tell(peer, "created");
                peer.answer(got.id);
                tell(peer, state = "ready");
            } else if (got.name == "job-complete" || got.name == "job-cancel") {
                peer.answer(got.id);
                if (got.name == "job-cancel")
                    tell(peer, "aborting");
                tell(peer, state = "concluded");
            } else if (got.name == "job-dismiss") {
                state.clear();
                tell(peer, "null");
                peer.answer(got.id);
            } else {
                peer.refuse(got.id, "GenericError", "not in this test");
            }
        }
    } catch (boost::system::system_error const&) {
        // The client has left.
    }
}

enum class deed {
    nothing,
    close_session,
    destroy_session,
    destroy_job,
    move_job,
    cancel,
    cancel_twice,
    peer_leaves,
    replace_job
};

std::ostream& operator<<(std::ostream& out, deed what)
{
    constexpr std::array names = {"nothing", "close_session", "destroy_session", "destroy_job", "move_job",
                                  "cancel",  "cancel_twice",  "peer_leaves",     "replace_job"};
    return out << names.at(static_cast<std::size_t>(what));
}

class ending
{
public:
    ending(int& times, std::function<void()> then) : times_(&times), then_(std::move(then)) {}

    template <class... Results>
    void operator()(Results const&...)
    {
        ++*times_;
        if (then_)
            then_();
    }

private:
    int* times_;
    std::function<void()> then_;
};

/// Connects, starts a job, and waits for it in every way at once.
class scenario
{
public:
    scenario() : peer_(fake_peer::pair(context_.get_executor())), client_(std::in_place, context_.get_executor())
    {
        asio::co_spawn(context_, serve_job(peer_), asio::detached);
        client_->async_connect(peer_.address(), operation([this] { connected(); }));
    }

    int run(int most)
    {
        int steps = 0;
        while (steps < most && context_.run_one_for(time_limit) != 0)
            ++steps;
        return steps;
    }

    void act(deed what)
    {
        switch (what) {
            case deed::nothing:
                break;
            case deed::close_session:
                client_->close();
                break;
            case deed::destroy_session:
                client_.reset();
                break;
            case deed::destroy_job:
                job_.reset();
                break;
            case deed::move_job:
                if (job_) {
                    job moved = std::move(*job_);
                    job_.emplace(std::move(moved));
                }
                break;
            case deed::cancel_twice:
                cancel();
                cancel();
                break;
            case deed::cancel:
                cancel();
                break;
            case deed::peer_leaves:
                peer_.close();
                break;
            case deed::replace_job:
                if (job_ && client_)
                    *job_ = job::with_id(*client_, "other");
                break;
        }
    }

    [[nodiscard]] bool all_completed_once()
    {
        job_.reset();
        client_.reset();
        peer_.close();
        context_.run_for(time_limit);
        return context_.stopped() && std::ranges::all_of(ends_, [](int times) { return times == 1; });
    }

private:
    using handler = asio::cancellation_slot_binder<ending, asio::cancellation_slot>;

    handler operation(std::function<void()> then = {})
    {
        signals_.emplace_back();
        return asio::bind_cancellation_slot(signals_.back().slot(), ending(ends_.emplace_back(0), std::move(then)));
    }

    void cancel()
    {
        for (auto& signal : signals_)
            signal.emit(asio::cancellation_type::terminal);
    }

    void connected()
    {
        if (!client_)
            return;
        coqmp::command const mirror = coqmp::command("blockdev-mirror").with("job-id", "m");
        job_.emplace(*client_, mirror);
        job_->async_start(operation());
        job_->async_wait(operation());
        job_->async_wait_ready(operation([this] { ready(); }));
        asio::co_spawn(context_, job_->run([](coqmp::job_progress const&) {}), operation());
        job_->async_run(operation([this] {
            if (client_)
                client_->close();
        }));
    }

    void ready()
    {
        if (!job_)
            return;
        job_->async_control(coqmp::job_verb::pause, operation());
        job_->async_cancel(operation());
        job_->async_next_progress(operation());
    }

    asio::io_context context_{1};
    fake_peer peer_;
    std::optional<session> client_;
    std::optional<job> job_;
    std::deque<int> ends_;
    std::deque<asio::cancellation_signal> signals_;
};

constexpr std::array deeds = {deed::nothing, deed::close_session, deed::destroy_session, deed::destroy_job, deed::move_job,
                              deed::cancel,  deed::cancel_twice,  deed::peer_leaves,     deed::replace_job};

}  // namespace

BOOST_AUTO_TEST_SUITE(job_lifetime, *boost::unit_test::timeout(200))

BOOST_DATA_TEST_CASE(each_operation_completes_once_after_every_handler, boost::unit_test::data::make(deeds), what)
{
    bool is_over = false;
    for (int steps = 0; !is_over && steps < 400; ++steps) {
        scenario test;
        is_over = test.run(steps) < steps;
        test.act(what);
        BOOST_TEST_REQUIRE(test.all_completed_once(), what << " after " << steps << " handlers");
    }
    BOOST_TEST(is_over);
}

BOOST_AUTO_TEST_CASE(a_context_that_ends_after_any_handler_takes_everything_with_it)
{
    bool is_over = false;
    for (int steps = 0; !is_over && steps < 400; ++steps) {
        auto test = std::make_optional<scenario>();
        is_over = test->run(steps) < steps;
        test.reset();
    }
    BOOST_TEST(is_over);
}

BOOST_AUTO_TEST_CASE(a_job_may_outlive_its_context)
{
    std::optional<job> left;
    {
        asio::io_context context(1);
        session client(context);
        left.emplace(client, "blockdev-mirror");
    }
    BOOST_TEST(left->id().starts_with("coqmp-mirror-"));
    BOOST_TEST(!left->get_executor());
    BOOST_TEST((left->progress().state == coqmp::job_state::unknown));
    job moved = std::move(*left);
    left.reset();
}

BOOST_AUTO_TEST_SUITE_END()
