// A thousand machines of other owners under one supervisor: what one of them does, the others do not feel.
#include <coqmp/supervisor.hpp>

#include "support/run.hpp"
#include "support/supervised.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/testing/fake_guest.hpp>
#include <coqmp/testing/fake_qemu.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace coqmp::test;
using coqmp::change_stream;
using coqmp::lifecycle;
using coqmp::supervisor;

namespace {

namespace asio = boost::asio;

constexpr std::size_t machine_count = 1000;
constexpr std::size_t silent_count = 10;  // the first ones never answer
constexpr std::size_t flooding = silent_count;

/// Each machine takes three descriptors here: a listener and both ends of its connection.
void allow_many_descriptors()
{
    ::rlimit limit{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    BOOST_REQUIRE(limit.rlim_cur > 4 * machine_count);
}

struct fleet
{
    temporary_directory folder;
    std::vector<std::unique_ptr<coqmp::testing::fake_qemu>> machines;

    explicit fleet(asio::any_io_executor const& executor)
    {
        for (std::size_t index = 0; index < machine_count; ++index) {
            machines.push_back(std::make_unique<coqmp::testing::fake_qemu>(executor));
            machines.back()->listen(address(index));
            if (index < silent_count)
                machines.back()->hold_all();
        }
    }

    [[nodiscard]] coqmp::endpoint address(std::size_t index) const
    {
        return coqmp::endpoint::unix_socket((folder.path() / std::to_string(index)).native());
    }
};

/// Sends events until the test ends, as many as the connection takes.
asio::awaitable<void> flood(coqmp::testing::fake_qemu& qemu, bool const& is_over)
{
    auto const executor = co_await asio::this_coro::executor;
    boost::json::object const data{{"offset", 1}};
    while (!is_over) {
        for (int each = 0; each < 100; ++each)
            qemu.publish("RTC_CHANGE", data);
        co_await asio::post(executor, asio::deferred);
    }
}

/// Waits until this many machines have reached a state.
asio::awaitable<std::set<std::string>> await_all(change_stream& changes, lifecycle state, std::size_t count)
{
    std::set<std::string> there;
    while (there.size() < count) {
        auto const next = co_await changes.next();
        BOOST_REQUIRE(next.has_value());
        BOOST_REQUIRE(next->lost_before == 0U);
        if (next->state == state)
            there.insert(next->machine);
    }
    co_return there;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_supervisor_of_a_thousand, *boost::unit_test::timeout(300))

BOOST_AUTO_TEST_CASE(sees_the_changes_of_all_beside_one_that_floods_and_ten_that_are_silent)
{
    allow_many_descriptors();
    auto const body = []() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        fleet qemus(executor);
        supervisor machines(executor);
        change_stream changes = machines.subscribe(10 * machine_count);
        for (std::size_t index = 0; index < machine_count; ++index)
            machines.observe(std::to_string(index), qemus.address(index));
        std::size_t const answering = machine_count - silent_count;
        co_await await_all(changes, lifecycle::running, answering);

        bool is_over = false;
        asio::co_spawn(executor, flood(*qemus.machines[flooding], is_over), asio::detached);
        for (std::size_t index = flooding + 1; index < machine_count; ++index)
            qemus.machines[index]->guest().fail_disk();
        auto const paused = co_await await_all(changes, lifecycle::paused, answering - 1);
        BOOST_TEST(!paused.contains(std::to_string(flooding)));
        for (std::size_t index = flooding + 1; index < machine_count; ++index)
            BOOST_TEST(machines.state(std::to_string(index)) == lifecycle::paused);
        BOOST_TEST(machines.state(std::to_string(flooding)) == lifecycle::running);
        is_over = true;
        co_await asio::post(executor, asio::deferred);
    };
    run(body());
}

BOOST_AUTO_TEST_SUITE_END()
