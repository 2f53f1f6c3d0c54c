// A guest_agent, a fake agent and a clock that a test moves.
#ifndef COQMP_TEST_SUPPORT_AGENT_STAGE_HPP
#define COQMP_TEST_SUPPORT_AGENT_STAGE_HPP

#include "support/completion.hpp"
#include "support/fake_agent.hpp"
#include "support/run.hpp"
#include "support/simulated_time.hpp"

#include <coqmp/guest_agent.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coqmp::test {

/// An agent, its client, and a clock that the test moves.
struct agent_stage
{
    explicit agent_stage(boost::asio::any_io_executor const& where, guest_agent_options const& options = {})
        : executor(where),
          time(boost::asio::make_service<simulated_time>(boost::asio::query(where, boost::asio::execution::context))),
          fake(where),
          client(where, options)
    {}

    boost::asio::awaitable<void> begin() { co_await client.async_connect(fake.address(), boost::asio::deferred); }

    [[nodiscard]] completion<reply> execute(command const& what)
    {
        completion<reply> result(executor);
        client.async_execute(what, result.token());
        return result;
    }

    /// Runs what can run, and lets time pass until the condition holds.
    boost::asio::awaitable<void> pass_until(std::function<bool()> condition,
                                            std::chrono::nanoseconds step = std::chrono::milliseconds(100))
    {
        while (!condition()) {
            for (int count = 0; count < 20 && !condition(); ++count)
                co_await boost::asio::post(executor, boost::asio::deferred);
            if (!condition())
                time.advance(step);
        }
    }

    boost::asio::any_io_executor executor;
    simulated_time& time;
    fake_agent fake;
    guest_agent client;
};

/// A coroutine that runs beside the test, and what became of it.
template <class Result>
class beside
{
public:
    beside(boost::asio::any_io_executor const& executor, boost::asio::awaitable<Result> body) : state_(std::make_shared<state>())
    {
        boost::asio::co_spawn(
            executor, std::move(body),
            boost::asio::bind_cancellation_slot(state_->cancel.slot(), [kept = state_](std::exception_ptr failure, Result value) {
                ++kept->times;
                kept->failure = failure;
                kept->value.emplace(std::move(value));
            }));
    }

    [[nodiscard]] bool is_over() const { return state_->times != 0; }
    [[nodiscard]] int times() const { return state_->times; }
    void cancel() { state_->cancel.emit(boost::asio::cancellation_type::terminal); }
    [[nodiscard]] Result& value()
    {
        if (state_->failure)
            std::rethrow_exception(state_->failure);
        return *state_->value;
    }
    [[nodiscard]] boost::system::error_code error() const
    {
        try {
            if (state_->failure)
                std::rethrow_exception(state_->failure);
        } catch (boost::system::system_error const& failure) {
            return failure.code();
        }
        return {};
    }

private:
    struct state
    {
        boost::asio::cancellation_signal cancel;
        int times = 0;
        std::exception_ptr failure;
        std::optional<Result> value;
    };
    std::shared_ptr<state> state_;
};

/// Makes a coroutine without a result one with a result.
inline boost::asio::awaitable<int> counted(boost::asio::awaitable<void> body)
{
    co_await std::move(body);
    co_return 1;
}

/// The error of a coroutine that must fail.
template <class Result>
boost::asio::awaitable<boost::system::error_code> failure_of(boost::asio::awaitable<Result> body)
{
    boost::system::error_code result;
    try {
        static_cast<void>(co_await std::move(body));
    } catch (boost::system::system_error const& failure) {
        result = failure.code();
    }
    co_return result;
}

inline std::ptrdiff_t count(fake_guest const& guest, std::string const& name)
{
    return std::ranges::count(guest.received, name);
}

}  // namespace coqmp::test

#endif
