// Runs a coroutine and records how it ends.
#ifndef COQMP_TEST_SUPPORT_SPAWNED_HPP
#define COQMP_TEST_SUPPORT_SPAWNED_HPP

#include "support/completion.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace coqmp::test {

/// The type that records the completion of a coroutine with this result, which may be void.
template <class Result>
struct completion_of
{
    using type = completion<Result>;
};
template <>
struct completion_of<void>
{
    using type = completion<>;
};

/// Records how a coroutine ends.
template <class Result>
class spawned
{
public:
    /// @param stop the slot of a signal that cancels the coroutine; empty: none
    explicit spawned(boost::asio::any_io_executor const& executor, boost::asio::awaitable<Result> work,
                     boost::asio::cancellation_slot stop = {})
        : end_(executor)
    {
        auto ended = [end = end_.token(), failure = failure_](std::exception_ptr error, auto... result) mutable {
            *failure = error;
            end({}, std::move(result)...);
        };
        boost::asio::co_spawn(executor, std::move(work), boost::asio::bind_cancellation_slot(stop, std::move(ended)));
    }

    boost::asio::awaitable<void> done()
    {
        auto const end = end_;
        co_await end.done();
    }
    [[nodiscard]] auto const& value() const { return end_.value(); }

    /// The exception that it threw.
    template <class Exception>
    [[nodiscard]] Exception const& thrown() const
    {
        try {
            if (*failure_)
                std::rethrow_exception(*failure_);
        } catch (Exception const& error) {
            return error;
        }
        throw std::logic_error("nothing was thrown");
    }
    [[nodiscard]] bool threw() const { return *failure_ != nullptr; }
    [[nodiscard]] bool has_ended() const { return end_.times() != 0; }

    /// Waits for its end. @return the text of the exception that it threw; empty: none
    boost::asio::awaitable<std::string> failure()
    {
        co_await done();
        co_return threw() ? std::string(thrown<std::exception>().what()) : std::string();
    }

private:
    std::shared_ptr<std::exception_ptr> failure_ = std::make_shared<std::exception_ptr>();
    typename completion_of<Result>::type end_;
};

}  // namespace coqmp::test

#endif
