// What the tests of a supervisor with real QEMUs share.
#ifndef COQMP_TEST_SUPPORT_SUPERVISED_HPP
#define COQMP_TEST_SUPPORT_SUPERVISED_HPP

#include "support/simulated_time.hpp"

#include <coqmp/change.hpp>
#include <coqmp/lifecycle.hpp>
#include <coqmp/machine_spec.hpp>
#include <coqmp/supervision_policy.hpp>
#include <coqmp/supervisor_stream.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace coqmp::test {

/// A machine without hardware.
inline machine_spec bare()
{
    machine_spec spec;
    spec.arguments = {"-M", "none", "-nodefaults", "-display", "none"};
    return spec;
}

/// Restarts at once, and ends QEMU without asking the guest.
inline supervision_policy quick(restart_policy restart = restart_policy::on_failure)
{
    supervision_policy policy;
    policy.restart = restart;
    policy.backoff = policy.longest_backoff = std::chrono::milliseconds(1);
    policy.shutdown.ask_guest = ask_guest::no;
    return policy;
}

/// Waits for the next change for which this holds.
template <class Condition>
boost::asio::awaitable<change> next_change(change_stream& changes, Condition holds)
{
    for (;;) {
        std::optional<change> next = co_await changes.next();
        BOOST_REQUIRE(next.has_value());
        BOOST_TEST_MESSAGE(*next);
        if (holds(*next))
            co_return *std::move(next);
    }
}

/// The next change to this state. The test fails if a machine is given up unexpectedly.
inline boost::asio::awaitable<change> reaches(change_stream& changes, std::string machine, lifecycle state)
{
    auto is_there = [machine = std::move(machine), state](change const& what) {
        BOOST_REQUIRE((what.state != lifecycle::given_up || state == lifecycle::given_up));
        return what.machine == machine && what.state == state;
    };
    co_return co_await next_change(changes, std::move(is_there));
}

/// The next change with this reason.
inline boost::asio::awaitable<change> has_reason(change_stream& changes, std::string machine, lifecycle_reason why)
{
    auto has_it = [machine = std::move(machine), why](change const& what) {
        return what.machine == machine && what.status.reason == why;
    };
    co_return co_await next_change(changes, std::move(has_it));
}

/// The next change with this liveness.
inline boost::asio::awaitable<change> gets(change_stream& changes, liveness health)
{
    auto has_it = [health](change const& what) { return what.status.health == health; };
    co_return co_await next_change(changes, std::move(has_it));
}

/// Time passes, and the supervisor acts on it.
inline boost::asio::awaitable<void> pass(simulated_time& time, std::chrono::seconds duration)
{
    constexpr std::chrono::seconds second{1};
    auto const executor = co_await boost::asio::this_coro::executor;
    for (auto rest = duration; rest.count() > 0; rest -= second) {
        time.advance(second);
        for (int round = 0; round < 3; ++round)
            co_await boost::asio::post(executor, boost::asio::deferred);
    }
}

}  // namespace coqmp::test

#endif
