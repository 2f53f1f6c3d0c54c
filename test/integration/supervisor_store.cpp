// A supervisor that goes on with monitor connections which were kept open, with real QEMUs. The test is the store, and what happens
// while no supervisor runs comes from a second monitor.
#include <coqmp/supervisor.hpp>

#include "process/process_identity.hpp"
#include "support/run.hpp"
#include "support/supervised.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/descriptor_store.hpp>
#include <coqmp/session.hpp>
#include <coqmp/supervisor_options.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/error_code.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using coqmp::change;
using coqmp::change_stream;
using coqmp::command;
using coqmp::lifecycle;
using coqmp::lifecycle_reason;
using coqmp::liveness;
using coqmp::restart_policy;
using coqmp::supervisor;
using namespace coqmp::test;
using namespace std::chrono_literals;

namespace {

struct fixture
{
    temporary_directory folder;
    std::map<std::string, coqmp::descriptor> stored;
    std::vector<std::string> log;
    ::pid_t process = -1;

    ~fixture()
    {
        if (process > 0)
            ::kill(process, SIGKILL);
    }

    /// @return those of a supervisor that is started now
    [[nodiscard]] coqmp::supervisor_options options()
    {
        coqmp::supervisor_options result;
        result.directory = folder.path() / "state";
        result.log = [this](coqmp::log_level, std::string_view sentence) { log.emplace_back(sentence); };
        result.store.keep = [this](std::string const& name, coqmp::descriptor const& which) {
            BOOST_TEST(stored.emplace(name, coqmp::descriptor::duplicate(which.number())).second, name + " is in use");
        };
        result.store.drop = [this](std::string const& name) { stored.erase(name); };
        for (auto const& [name, which] : stored)
            result.store.content.push_back({name, coqmp::descriptor::duplicate(which.number())});
        return result;
    }

    [[nodiscard]] coqmp::endpoint second_monitor() const { return coqmp::endpoint::unix_socket(folder.path() / "second"); }
    [[nodiscard]] coqmp::machine_spec spec() const
    {
        auto result = bare();
        result.arguments.insert(result.arguments.end(),
                                {"-qmp", "unix:" + (folder.path() / "second").native() + ",server=on,wait=off"});
        return result;
    }

    /// Starts a machine, and lets it live on.
    asio::awaitable<void> launch()
    {
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        machines.add("vm", spec(), quick(restart_policy::never));
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        process = machines.pid("vm").value_or(-1);
        BOOST_REQUIRE(process > 0);
        (void)co_await machines.async_release_all();
        BOOST_TEST(stored.size() == 1U);
    }

    /// Commands on the other monitor. What they cause has been written to the first one, too, when this returns.
    asio::awaitable<void> meanwhile(std::vector<std::string> commands)
    {
        coqmp::session other(co_await asio::this_coro::executor);
        co_await other.async_connect(second_monitor());
        for (std::string const& each : commands) {
            if (each == "quit")
                co_await other.quit();
            else
                co_await other.execute(command(each));
        }
    }

    asio::awaitable<void> end_of_process() const
    {
        auto const executor = co_await asio::this_coro::executor;
        while (::kill(process, 0) == 0 && coqmp::detail::find_process(coqmp::detail::identity_of(process)))
            co_await asio::post(executor, asio::deferred);
    }
};

/// Waits until the machine's monitor is connected. Its state does not say so: a machine that is adopted counts as running at once.
asio::awaitable<void> connects(supervisor& machines)
{
    boost::system::error_code error;
    do {
        auto asking = machines.async_execute("vm", command("query-status"), asio::as_tuple(asio::deferred));
        auto const [result, answer] = co_await std::move(asking);
        error = result;
        co_await asio::post(co_await asio::this_coro::executor, asio::deferred);
    } while (error);
}

asio::awaitable<std::vector<std::string>> names_until(coqmp::machine_event_stream& events, std::string last)
{
    std::vector<std::string> names;
    do {
        std::optional<coqmp::machine_event> next = co_await events.next();
        BOOST_REQUIRE(next.has_value());
        names.push_back(next->what.name);
    } while (names.back() != last);
    co_return names;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_supervisor_with_a_store, fixture, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(delivers_what_happened_while_there_was_no_supervisor)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await launch();
        std::vector<std::string> const commands{"stop", "cont", "stop"};
        co_await meanwhile(commands);
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        coqmp::machine_event_stream events = machines.subscribe_events();
        machines.add("vm", spec(), quick());
        auto const first = co_await names_until(events, "RESUME");
        BOOST_TEST((first == std::vector<std::string>{"STOP", "RESUME"}));
        auto const rest = co_await names_until(events, "STOP");
        BOOST_TEST(rest.size() == 1U);
        co_await reaches(changes, "vm", lifecycle::paused);
        BOOST_TEST((machines.pid("vm") == process));
        co_await machines.execute("vm", command("cont"));
        co_await reaches(changes, "vm", lifecycle::running);
        BOOST_TEST(log.empty());
        BOOST_TEST(stored.size() == 1U);
        co_await machines.async_stop("vm", 20s);
        BOOST_TEST(stored.empty());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(goes_on_with_a_connection_again_and_again)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await launch();
        for (int i = 0; i < 3; ++i) {
            supervisor machines(co_await asio::this_coro::executor, options());
            change_stream changes = machines.subscribe();
            machines.add("vm", spec(), quick());
            co_await gets(changes, liveness::responsive);
            BOOST_TEST((machines.pid("vm") == process));
            (void)co_await machines.async_release_all();
            BOOST_TEST(stored.size() == 1U);
        }
        BOOST_TEST(log.empty());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(knows_why_a_machine_ended_while_there_was_no_supervisor)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await launch();
        std::vector<std::string> const commands{"quit"};
        co_await meanwhile(commands);
        co_await end_of_process();
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        coqmp::machine_event_stream events = machines.subscribe_events();
        machines.add("vm", spec(), quick());
        change const stopped = co_await reaches(changes, "vm", lifecycle::stopped);
        BOOST_TEST(stopped.status.reason == lifecycle_reason::outside);
        auto const names = co_await names_until(events, "SHUTDOWN");
        BOOST_TEST(names.size() == 1U);
        BOOST_TEST(stored.empty());
        BOOST_TEST(log.empty());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(knows_nothing_of_an_end_without_a_word)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await launch();
        ::kill(process, SIGKILL);
        co_await end_of_process();
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        machines.add("vm", spec(), quick(restart_policy::never));
        change const stopped = co_await reaches(changes, "vm", lifecycle::stopped);
        BOOST_TEST(stopped.status.reason == lifecycle_reason::ended_unseen);
    };
    run(body());
}

// As if the earlier supervisor was killed after it had read half an event.
BOOST_AUTO_TEST_CASE(loses_only_the_message_that_was_half_read)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await launch();
        std::vector<std::string> const commands{"stop", "cont"};
        co_await meanwhile(commands);
        std::array<char, 20> half{};
        BOOST_REQUIRE(::recv(stored.begin()->second.number(), half.data(), half.size(), 0) == 20);
        supervisor machines(co_await asio::this_coro::executor, options());
        coqmp::machine_event_stream events = machines.subscribe_events();
        machines.add("vm", spec(), quick());
        auto const names = co_await names_until(events, "RESUME");
        BOOST_TEST(names.size() == 1U);
        co_await machines.async_stop("vm", 20s);
    };
    run(body());
}

// As if the earlier supervisor was killed while it sent a command, before the answers to others had come.
BOOST_AUTO_TEST_CASE(is_not_disturbed_by_commands_of_the_earlier_one)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await launch();
        std::string const theirs = R"({"execute":"query-name","id":1}{"execute":"query-block","id":2}{"execute":"query-sta)";
        BOOST_REQUIRE(::send(stored.begin()->second.number(), theirs.data(), theirs.size(), 0) ==
                      static_cast<::ssize_t>(theirs.size()));
        supervisor machines(co_await asio::this_coro::executor, options());
        machines.add("vm", spec(), quick());
        co_await connects(machines);
        auto const status = co_await machines.execute("vm", command("query-status"));
        BOOST_TEST(status.as_object().contains("running"));
        BOOST_TEST(log.empty());
        co_await machines.async_stop("vm", 20s);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(waits_for_another_connection_if_the_kept_one_has_ended)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await launch();
        ::shutdown(stored.begin()->second.number(), SHUT_RDWR);
        supervisor machines(co_await asio::this_coro::executor, options());
        machines.add("vm", spec(), quick());
        co_await connects(machines);
        BOOST_TEST((machines.pid("vm") == process));
        BOOST_TEST(stored.size() == 1U);
        co_await machines.async_stop("vm", 20s);
        BOOST_TEST(stored.empty());
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(ends_a_connection_on_which_garbage_comes)
{
    auto const body = [this]() -> asio::awaitable<void> {
        co_await launch();
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        coqmp::descriptor const peer(ends[1]);
        BOOST_REQUIRE(::send(peer.number(), "what\nis this\n", 13, 0) == 13);
        auto const real = std::exchange(stored.begin()->second, coqmp::descriptor(ends[0]));
        supervisor machines(co_await asio::this_coro::executor, options());
        machines.add("vm", spec(), quick());
        ::shutdown(real.number(), SHUT_RDWR);
        co_await connects(machines);
        BOOST_TEST((machines.pid("vm") == process));
        BOOST_TEST(log.size() == 1U);
        std::array<char, 100> rest{};
        while (::recv(peer.number(), rest.data(), rest.size(), 0) > 0) {  // it blocks for ever if the connection has not ended
        }
        co_await machines.async_stop("vm", 20s);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(leaves_nothing_in_the_store_when_it_releases_one_machine)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        machines.add("vm", spec(), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        process = machines.pid("vm").value_or(-1);
        co_await machines.async_release("vm");
        BOOST_TEST(stored.empty());
        machines.add("vm", spec(), quick());
        co_await connects(machines);
        BOOST_TEST((machines.pid("vm") == process));
        co_await machines.async_stop("vm", 20s);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(keeps_the_new_connection_of_a_machine_that_has_connected_again)
{
    auto const body = [this]() -> asio::awaitable<void> {
        supervisor machines(co_await asio::this_coro::executor, options());
        change_stream changes = machines.subscribe();
        machines.add("vm", spec(), quick());
        machines.start("vm");
        co_await reaches(changes, "vm", lifecycle::running);
        BOOST_REQUIRE(stored.size() == 1U);
        ::shutdown(stored.begin()->second.number(), SHUT_RDWR);
        co_await gets(changes, liveness::silent);
        BOOST_TEST(stored.empty());
        co_await gets(changes, liveness::responsive);
        BOOST_TEST(stored.size() == 1U);
        co_await machines.async_remove("vm");
        BOOST_TEST(stored.empty());
    };
    run(body());
}

BOOST_AUTO_TEST_SUITE_END()
