// Runs a coroutine and records how it ends.
#ifndef COQMP_TEST_SUPPORT_SPAWNED_HPP
#define COQMP_TEST_SUPPORT_SPAWNED_HPP

#include "support/completion.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

namespace coqmp::test {

/// Records how a coroutine ends.
template <class Result>
class spawned
{
public:
    explicit spawned(boost::asio::any_io_executor const& executor, boost::asio::awaitable<Result> work) : end_(executor)
    {
        boost::asio::co_spawn(executor, std::move(work),
                              [end = end_.token(), failure = failure_](std::exception_ptr error, auto... result) mutable {
                                  *failure = error;
                                  end({}, std::move(result)...);
                              });
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

private:
    std::shared_ptr<std::exception_ptr> failure_ = std::make_shared<std::exception_ptr>();
    completion<Result> end_;
};

}  // namespace coqmp::test

#endif
