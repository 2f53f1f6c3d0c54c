// What another thread finds out for an executor.
// Invariant: once it exists, its delivery cannot fail.
#ifndef COQMP_SRC_DETAIL_AWAITED_RESULT_HPP
#define COQMP_SRC_DETAIL_AWAITED_RESULT_HPP

#include "detail/handler_memory.hpp"
#include "detail/revocable_executor.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <thread>
#include <utility>

namespace coqmp::detail {

/// The result of work on another thread. Make it before the work begins, because that may fail.
template <class Result>
class awaited_result final : public std::enable_shared_from_this<awaited_result<Result>>
{
public:
    using receiver = std::function<void(Result)>;

    awaited_result(std::shared_ptr<revocable_executor> home, receiver receive)
        : home_(std::move(home)), receive_(std::move(receive))
    {}

    /// Calls the receiver on the executor, unless that was revoked. Call this once, from any thread.
    void deliver(Result result) noexcept
    {
        result_ = std::move(result);
        while (!try_to_post())
            std::this_thread::sleep_for(std::chrono::milliseconds(10));  // otherwise the executor waits for ever
    }

private:
    /// @return false: no memory. That of an `io_context` needs none.
    bool try_to_post() noexcept
    try {
        home_->post(memory_, [self = this->shared_from_this()] { self->receive_(std::move(self->result_)); });
        return true;
    } catch (std::bad_alloc const&) {
        return false;
    }

    std::shared_ptr<revocable_executor> const home_;
    receiver const receive_;
    Result result_{};
    post_memory memory_;
};

}  // namespace coqmp::detail

#endif
