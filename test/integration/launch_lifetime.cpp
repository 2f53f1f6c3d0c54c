// Listeners and machines that are cancelled, moved or destroyed after whichever handler, and used from several threads: each
// operation completes exactly once, and no process, descriptor or file is left.
#include "support/brute_force.hpp"
#include "support/fake_peer.hpp"
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
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <future>
#include <optional>
#include <ostream>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace data = boost::unit_test::data;
using boost::system::error_code;
using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::endpoint;
using coqmp::errc;
using coqmp::listener;
using coqmp::machine;

namespace {

enum class deed { nothing, cancel, move, destroy, destroy_context };

std::ostream& operator<<(std::ostream& out, deed what)
{
    constexpr std::array names = {"nothing", "cancel", "move", "destroy", "destroy_context"};
    return out << names.at(static_cast<std::size_t>(what));
}

/// A handle's life, one handler after the other.
template <class Handle>
class scenario
{
public:
    virtual ~scenario() = default;

    [[nodiscard]] asio::io_context& context() noexcept { return *context_; }

    void act(deed what)
    {
        switch (what) {
            case deed::nothing:
                break;
            case deed::cancel:
                operations_.cancel();
                break;
            case deed::move: {
                Handle moved = std::move(*handle_);
                handle_.emplace(std::move(moved));
                break;
            }
            case deed::destroy:
            case deed::destroy_context:
                handle_.reset();
                break;
        }
    }

    [[nodiscard]] bool all_completed_once()
    {
        end();
        context_->run_for(time_limit);
        return context_->stopped() && operations_.all_completed_once();
    }

protected:
    virtual void end() { handle_.reset(); }

    std::unique_ptr<asio::io_context> context_ = std::make_unique<asio::io_context>(1);
    operations operations_;
    std::optional<Handle> handle_;
};

/// A guest that calls, talks and leaves.
asio::awaitable<void> visit(fake_peer guest)
{
    try {
        co_await guest.handshake();
        co_await guest.end();
    } catch (boost::system::system_error const&) {
        // The listener has gone.
    }
}

/// Two accept, two guests come.
class accepting final : public scenario<listener>
{
public:
    accepting()
    {
        endpoint const where = endpoint::unix_socket(directory_.path() / "monitor");
        handle_.emplace(context_->get_executor(), where);
        for (int guest = 0; guest < 2; ++guest) {
            asio::co_spawn(*context_, visit(fake_peer::calling(context_->get_executor(), where)), asio::detached);
            handle_->async_accept(operations_.next());
        }
    }

private:
    temporary_directory directory_;
};

/// A machine starts, coroutines wait for its end and for its first state, it is shut down.
class launching final : public scenario<machine>
{
public:
    launching()
    {
        handle_.emplace(context_->get_executor(), bare_qemu());
        handle_->async_wait(operations_.next());
        handle_->async_wait_state_change(coqmp::run_state::unknown, operations_.next());
        handle_->async_start(operations_.next([this](auto const&...) {
            if (handle_)
                handle_->async_shutdown(10s, operations_.next());
        }));
    }
};

/// @param after what must hold afterwards
template <class Scenario, class Check>
void act_after_each(deed what, Check after)
{
    auto const act = [&](std::optional<Scenario>& once, int handlers) {
        once->act(what);
        if (what != deed::destroy_context)
            BOOST_REQUIRE_MESSAGE(once->all_completed_once(), what << " after " << handlers << " handlers");
        once.reset();
        after();
    };
    act_after_each_handler<Scenario>(act, 200);  // while it waits for a QEMU a machine may need any number of handlers
}

auto const deeds = data::make({deed::cancel, deed::move, deed::destroy, deed::destroy_context});

}  // namespace

BOOST_AUTO_TEST_SUITE(brute_force, *boost::unit_test::timeout(280))

BOOST_DATA_TEST_CASE(a_listener_ends_well_after_every_handler, deeds, what)
{
    std::size_t const before = open_descriptors();
    act_after_each<accepting>(what, [&] { BOOST_TEST(open_descriptors() == before); });
}

BOOST_DATA_TEST_CASE(a_machine_ends_well_after_every_handler, deeds, what)
{
    await_helper_threads();
    std::size_t const before = open_descriptors();
    act_after_each<launching>(what, [&] {
        await_helper_threads();
        await_no_child();
        while (open_descriptors() != before)  // the reaping thread closes its last descriptor just after
            std::this_thread::yield();
        BOOST_TEST(no_child_is_left());
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(threads, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(machines_on_strands_share_a_listener_on_another)
{
    temporary_directory directory;
    asio::thread_pool pool(4);
    {
        listener door(asio::make_strand(pool.get_executor()), endpoint::unix_socket(directory.path() / "monitor"));
        std::deque<machine> machines;
        std::vector<std::future<void>> starts;
        for (int number = 0; number < 6; ++number)
            machines.emplace_back(asio::make_strand(pool.get_executor()), bare_qemu("-name", std::to_string(number)));
        for (machine& each : machines)
            starts.push_back(each.async_start(door, asio::use_future));
        for (auto& each : starts)
            BOOST_CHECK_NO_THROW(each.get());
        for (std::size_t number = 0; number < machines.size(); ++number) {
            auto const reply = machines[number].session().async_execute("query-name", asio::use_future).get();
            BOOST_TEST(reply.value().at("name").as_string() == std::to_string(number));
        }
        std::vector<std::future<coqmp::exit_status>> ends;
        for (machine& each : machines)
            ends.push_back(each.async_shutdown(20s, asio::use_future));
        for (auto& each : ends)
            BOOST_CHECK_NO_THROW(each.get());
    }
    pool.join();
    BOOST_TEST(no_child_is_left());
}

BOOST_AUTO_TEST_CASE(machines_are_destroyed_by_one_thread_while_another_starts_them)
{
    asio::thread_pool pool(4);
    for (int round = 0; round < 20; ++round) {
        std::optional<machine> subject(std::in_place, asio::make_strand(pool.get_executor()), bare_qemu());
        std::promise<void> ended;
        subject->async_start([&ended](std::exception_ptr) { ended.set_value(); });
        if (round % 2 == 0)
            subject->kill();
        while (round % 4 == 1 && subject->pid() < 0)
            std::this_thread::yield();
        subject.reset();
        ended.get_future().get();
    }
    pool.join();
    await_helper_threads();
    await_no_child();
    BOOST_TEST(no_child_is_left());
}

/// Tries to listen, on a thread of its own.
struct racer
{
    racer(endpoint const& where, std::shared_future<void> const& start)
    {
        start.wait();
        try {
            door.emplace(context.get_executor(), where);
        } catch (boost::system::system_error const& error) {
            refusal = error.code();
        }
    }

    asio::io_context context{1};
    std::optional<listener> door;
    error_code refusal;
};

BOOST_AUTO_TEST_CASE(one_path_has_one_listener_however_many_race_for_it)
{
    temporary_directory directory;
    std::filesystem::path const path = directory.path() / "monitor";
    for (int round = 0; round < 50; ++round) {
        // What a dead owner left is there to be replaced, once.
        asio::io_context dead(1);
        asio::local::stream_protocol::acceptor(dead, asio::local::stream_protocol::endpoint(path.string())).close();
        std::promise<void> start;
        std::shared_future<void> const started = start.get_future().share();
        std::vector<std::future<std::unique_ptr<racer>>> racers;
        for (int number = 0; number < 4; ++number)
            racers.push_back(std::async(std::launch::async, [where = endpoint::unix_socket(path), started] {
                return std::make_unique<racer>(where, started);
            }));
        start.set_value();
        std::vector<std::unique_ptr<racer>> arrived;
        for (auto& each : racers)
            arrived.push_back(each.get());
        BOOST_TEST(std::ranges::count_if(arrived, [](auto const& each) { return each->door.has_value(); }) == 1);
        BOOST_TEST(std::ranges::count_if(arrived, [](auto const& each) { return each->refusal == errc::address_in_use; }) == 3);
    }
}

BOOST_AUTO_TEST_SUITE_END()
