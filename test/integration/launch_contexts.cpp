// A machine and its listener on two execution contexts, of which either may end first, at any moment of a start: the start
// completes once if its own context lives, and neither a process nor a descriptor is left.
#include "support/fake_peer.hpp"
#include "support/helper_threads.hpp"
#include "support/open_descriptors.hpp"
#include "support/processes.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>

#include "listener/listener_impl.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <ostream>
#include <thread>

namespace asio = boost::asio;
namespace data = boost::unit_test::data;
using namespace coqmp::test;
using coqmp::endpoint;
using coqmp::listener;
using coqmp::machine;

namespace {

enum class home { context, strand };

std::ostream& operator<<(std::ostream& out, home kind)
{
    return out << (kind == home::strand ? "strand" : "context");
}

asio::any_io_executor executor_of(asio::io_context& context, home kind)
{
    if (kind == home::strand)
        return asio::make_strand(context);
    return context.get_executor();
}

/// A machine that starts through a listener of another context, one handler after the other.
struct two_contexts
{
    two_contexts(home kind, endpoint const& where)
        : door(std::in_place, executor_of(*listeners, kind), where),
          subject(std::in_place, executor_of(*machines, kind), bare_qemu())
    {
        subject->async_start(*door, [this](std::exception_ptr why) {
            ++completions;
            failure = std::move(why);
        });
    }

    /// Waits for one handler of either context.
    void step()
    {
        listeners->restart();
        machines->restart();
        while (listeners->poll_one() == 0 && machines->poll_one() == 0)
            std::this_thread::yield();
    }

    /// @return whether the start had completed before the last of these handlers
    bool run(int handlers)
    {
        for (int done = 0; done < handlers; ++done) {
            if (completions != 0)
                return true;
            step();
        }
        return false;
    }

    std::unique_ptr<asio::io_context> listeners = std::make_unique<asio::io_context>(1);
    std::unique_ptr<asio::io_context> machines = std::make_unique<asio::io_context>(1);
    std::optional<listener> door;
    std::optional<machine> subject;
    int completions = 0;
    std::exception_ptr failure;
};

void run_out(asio::io_context& context)
{
    context.restart();
    context.run_for(time_limit);
    BOOST_TEST(context.stopped(), "something hangs");
}

struct fixture
{
    temporary_directory directory;
    endpoint where = endpoint::unix_socket(directory.path() / "monitor");

    /// Acts after each number of handlers of a start. Afterwards no process and no descriptor may be left.
    template <class Act>
    void after_each_handler(home kind, Act act)
    {
        await_helper_threads();
        std::size_t const before = open_descriptors();
        bool over = false;
        for (int handlers = 0; !over; ++handlers) {
            BOOST_TEST_CONTEXT("after " << handlers << " handlers")
            {
                {
                    two_contexts pair(kind, where);
                    over = pair.run(handlers);
                    act(pair);
                }
                await_helper_threads();
                await_no_child();
                while (open_descriptors() != before)  // the reaping thread closes its last descriptor just after
                    std::this_thread::yield();
            }
        }
    }
};

auto const homes = data::make({home::context, home::strand});

}  // namespace

BOOST_FIXTURE_TEST_SUITE(launch_contexts, fixture, *boost::unit_test::timeout(100))

BOOST_DATA_TEST_CASE(a_start_completes_when_the_context_of_its_listener_ends_after_any_handler, homes, kind)
{
    after_each_handler(kind, [](two_contexts& pair) {
        pair.listeners.reset();
        while (pair.completions == 0 && pair.machines->run_one_for(time_limit) != 0)
            continue;
        BOOST_TEST(pair.completions == 1);
        pair.door.reset();
        pair.subject.reset();
        run_out(*pair.machines);
        BOOST_TEST(pair.completions == 1);
    });
}

BOOST_DATA_TEST_CASE(a_listener_goes_on_when_the_context_of_a_starting_machine_ends_after_any_handler, homes, kind)
{
    after_each_handler(kind, [this](two_contexts& pair) {
        int const completions = pair.completions;
        pair.machines.reset();
        int accepted = 0;
        pair.door->async_accept([&accepted](boost::system::error_code error, coqmp::session) { accepted += !error; });
        fake_peer guest = fake_peer::calling(pair.listeners->get_executor(), where);
        asio::co_spawn(*pair.listeners, guest.handshake(), asio::detached);
        run_out(*pair.listeners);
        BOOST_TEST(accepted == 1);
        BOOST_TEST(pair.completions == completions);
        pair.subject.reset();
    });
}

BOOST_AUTO_TEST_CASE(a_start_does_not_own_its_listener)
{
    two_contexts pair(home::context, where);
    auto const listener_impl = std::weak_ptr(coqmp::detail::impl_of(*pair.door));
    pair.machines->poll();
    pair.door.reset();
    pair.listeners->poll();
    BOOST_TEST(pair.completions == 0);
    BOOST_TEST(listener_impl.expired(), "the machine's thread would destroy it, while another one may end its context");
    run_out(*pair.machines);
    BOOST_TEST(pair.completions == 1);
}

BOOST_AUTO_TEST_CASE(a_listener_that_ends_on_another_thread_ends_a_start)
{
    for (int round = 0; round < 20; ++round) {
        asio::io_context machines(1);
        machine subject(machines.get_executor(), bare_qemu());
        std::optional<asio::io_context> listeners(std::in_place, 1);
        std::optional<listener> door(std::in_place, listeners->get_executor(), where);
        std::atomic<bool> started = false;
        int completions = 0;
        subject.async_start(*door, [&](std::exception_ptr) {
            ++completions;
            subject.kill();
        });
        std::thread other([&] {
            machines.run_one();
            started = true;
            machines.run();
        });
        while (!started)
            std::this_thread::yield();
        for (int handlers = 0; handlers < round % 5; ++handlers)
            listeners->poll_one();
        listeners.reset();
        door.reset();
        other.join();
        BOOST_TEST(completions == 1);
        BOOST_TEST(no_child_is_left());
    }
}

BOOST_AUTO_TEST_SUITE_END()
