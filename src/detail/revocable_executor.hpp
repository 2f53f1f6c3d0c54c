// An executor in the hands of another execution context, which may outlive it.
// Invariant: after revoke() there is no copy of the executor, and nothing is posted to it.
#ifndef COQMP_SRC_DETAIL_REVOCABLE_EXECUTOR_HPP
#define COQMP_SRC_DETAIL_REVOCABLE_EXECUTOR_HPP

#include "detail/post_reserved.hpp"
#include "detail/running_on.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <mutex>
#include <utility>

namespace coqmp::detail {

/// Safe to use from any thread.
class revocable_executor
{
public:
    explicit revocable_executor(boost::asio::any_io_executor executor) noexcept : executor_(std::move(executor)) {}
    revocable_executor(revocable_executor const&) = delete;
    revocable_executor& operator=(revocable_executor const&) = delete;

    /// Runs a function later, on the executor. @return false if the executor was revoked: the function will not run
    template <class Function>
    bool post(Function function)
    {
        // The context does not end in between, because revoke() waits for this lock.
        std::scoped_lock const lock(mutex_);
        if (!executor_)
            return false;
        boost::asio::post(executor_, std::move(function));
        return true;
    }

    /// The same, with memory that was reserved for the function.
    template <class Function>
    bool post(post_memory& memory, Function function)
    {
        std::scoped_lock const lock(mutex_);
        if (!executor_)
            return false;
        post_reserved(executor_, memory, std::move(function));
        return true;
    }

    /// Whether this thread runs handlers of the `io_context` whose executor this is; false for other executors.
    [[nodiscard]] bool is_running() noexcept
    {
        std::scoped_lock const lock(mutex_);
        return is_running_on(executor_);
    }

    /// Call this before the execution context ends.
    void revoke() noexcept
    {
        boost::asio::any_io_executor revoked;
        std::scoped_lock const lock(mutex_);
        executor_.swap(revoked);
    }

private:
    std::mutex mutex_;
    boost::asio::any_io_executor executor_;
};

}  // namespace coqmp::detail

#endif
