// Whatever happens to a guest_agent, and after whichever command or handler: each operation completes once, and as long as the agent
// can be reached, no file stays open and no guest stays frozen.
#include "support/fake_agent.hpp"
#include "support/run.hpp"
#include "support/simulated_time.hpp"

#include <coqmp/guest_agent.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

enum class deed { nothing, cancel, close, destroy, move, agent_leaves };

std::ostream& operator<<(std::ostream& out, deed what)
{
    constexpr std::array names = {"nothing", "cancel", "close", "destroy", "move", "agent_leaves"};
    return out << names.at(static_cast<std::size_t>(what));
}

using client_pointer = std::shared_ptr<std::optional<coqmp::guest_agent>>;

/// The agent, unless the scenario has destroyed it.
coqmp::guest_agent& alive(client_pointer const& client)
{
    if (!*client)
        throw std::runtime_error("the agent was destroyed");
    return **client;
}

/// Connects, runs a program, writes and reads a file, freezes and thaws. One after the other.
asio::awaitable<void> use(client_pointer client, coqmp::endpoint where)
{
    co_await alive(client).async_connect(std::move(where), asio::deferred);
    auto running = alive(client).exec("/bin/true");
    auto const result = co_await std::move(running);
    BOOST_TEST(result.succeeded());
    auto writing = alive(client).write_file("/a", "12345");
    co_await std::move(writing);
    auto reading = alive(client).read_file("/a", 1, 3);
    std::string const content = co_await std::move(reading);
    BOOST_TEST(content == "234");
    auto freezing = alive(client).freeze(1min);
    coqmp::guest_freeze frozen = co_await std::move(freezing);
    auto thawing = frozen.thaw();
    co_await std::move(thawing);
}

class scenario
{
public:
    explicit scenario(int cut_at = -1)
        : time_(asio::make_service<simulated_time>(context_)),
          fake_(std::in_place, context_.get_executor()),
          client_(std::make_shared<std::optional<coqmp::guest_agent>>(std::in_place, context_))
    {
        fake_program quick;
        quick.result["exitcode"] = 0;
        fake_->guest().programs["/bin/true"] = quick;
        fake_->guest().cut_at = cut_at;
        asio::co_spawn(context_, use(client_, fake_->address()),
                       asio::bind_cancellation_slot(cancel_.slot(), [this](std::exception_ptr failure) {
                           ++ends_;
                           failed_ = failure != nullptr;
                       }));
    }

    /// @return how many handlers have run
    int run(int most)
    {
        int steps = 0;
        for (int idle = 0; steps < most && idle < 400;) {
            if (context_.poll_one() != 0) {
                ++steps;
                idle = 0;
            } else if (ends_ == 0) {
                time_.advance(500ms);
                ++idle;
            } else {
                break;
            }
        }
        return steps;
    }

    void act(deed what)
    {
        switch (what) {
            case deed::nothing:
                break;
            case deed::cancel:
                cancel_.emit(asio::cancellation_type::terminal);
                break;
            case deed::close:
                alive(client_).close();
                break;
            case deed::destroy:
                client_->reset();
                break;
            case deed::move:
                moved_.emplace(std::move(alive(client_)));
                break;
            case deed::agent_leaves:
                fake_->close();
                break;
        }
    }

    /// Lets everything end.
    void finish()
    {
        run(100'000);
        // What is closed and thawed in the background.
        for (int round = 0; round < 300; ++round) {
            while (context_.poll_one() != 0) {
            }
            time_.advance(1s);
        }
    }

    [[nodiscard]] int ends() const { return ends_; }
    [[nodiscard]] bool has_failed() const { return failed_; }
    [[nodiscard]] fake_guest& guest() { return fake_->guest(); }

    /// Ends the client and the agent, and returns whether nothing is left to run.
    [[nodiscard]] bool leaves_nothing()
    {
        client_->reset();
        moved_.reset();
        finish();
        fake_.reset();
        context_.run_for(time_limit);
        return context_.stopped();
    }

private:
    asio::cancellation_signal cancel_;  // outlives the handlers that the context destroys
    asio::io_context context_{1};
    simulated_time& time_;
    std::optional<fake_agent> fake_;
    client_pointer client_;
    std::optional<coqmp::guest_agent> moved_;
    int ends_ = 0;
    bool failed_ = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(without_a_fault_everything_succeeds)
{
    scenario story;
    story.finish();
    BOOST_TEST(story.ends() == 1);
    BOOST_TEST(!story.has_failed());
    BOOST_TEST(story.guest().open_files.empty());
    BOOST_TEST(!story.guest().is_frozen);
    BOOST_TEST(story.leaves_nothing());
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_at_any_command_fails_everything_once)
{
    scenario whole;
    whole.finish();
    int const commands = static_cast<int>(whole.guest().received.size()) + whole.guest().synchronized;
    BOOST_TEST(commands > 10);
    for (int command = 0; command < commands; ++command) {
        BOOST_TEST_CONTEXT("command " << command)
        {
            scenario story(command);
            story.finish();
            BOOST_TEST(story.ends() == 1);
            BOOST_TEST(story.has_failed());
            BOOST_TEST(story.leaves_nothing());
        }
    }
}

BOOST_DATA_TEST_CASE(everything_ends_well_after_every_handler,
                     boost::unit_test::data::make({deed::cancel, deed::close, deed::destroy, deed::move, deed::agent_leaves}),
                     what)
{
    int const all = scenario().run(100'000);
    BOOST_TEST(all > 20);
    for (int steps = 0; steps <= all; ++steps) {
        BOOST_TEST_CONTEXT(what << " after " << steps << " handlers")
        {
            scenario story;
            story.run(steps);
            story.act(what);
            story.finish();
            BOOST_TEST(story.ends() == 1);
            if (what != deed::agent_leaves) {
                BOOST_TEST(story.guest().open_files.empty());
                BOOST_TEST(!story.guest().is_frozen);
            }
            BOOST_TEST(story.leaves_nothing());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_context_that_ends_after_any_handler_takes_everything_with_it)
{
    int const all = scenario().run(100'000);
    for (int steps = 0; steps <= all; ++steps) {
        scenario story;
        story.run(steps);
        BOOST_TEST(story.ends() <= 1);
    }
}
