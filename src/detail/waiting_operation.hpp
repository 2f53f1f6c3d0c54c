// An operation whose handler waits, and that must be able to end even when there is no memory.
// Invariant: the handler is called once, with the first result.
#ifndef COQMP_SRC_DETAIL_WAITING_OPERATION_HPP
#define COQMP_SRC_DETAIL_WAITING_OPERATION_HPP

#include "detail/post_reserved.hpp"

#include <coqmp/detail/pending_handler.hpp>

#include <memory>
#include <new>
#include <optional>
#include <tuple>
#include <utility>

namespace coqmp::detail {

template <class Signature>
class waiting_operation;

/// Made when the operation begins, in a shared_ptr. Used on the executor only.
template <class... Results>
class waiting_operation<void(Results...)> : public std::enable_shared_from_this<waiting_operation<void(Results...)>>
{
public:
    using handler_type = pending_handler<void(Results...)>;

    explicit waiting_operation(handler_type handler) : handler_(std::move(handler)) {}
    waiting_operation(waiting_operation const&) = delete;
    waiting_operation& operator=(waiting_operation const&) = delete;

    [[nodiscard]] boost::asio::cancellation_slot slot() const noexcept { return handler_.slot(); }

    /// Whether it has no result yet.
    [[nodiscard]] bool is_open() const noexcept { return !results_ && handler_; }

    /// Calls the handler later, unless the operation already has a result. An `io_context` needs no memory for that. If another
    /// executor has none, the handler is destroyed: there is nothing better to do.
    void complete_later(Results... results) noexcept
    {
        if (!is_open())
            return;
        results_.emplace(std::move(results)...);
        try {
            post_reserved(handler_.home(), memory_, [self = this->shared_from_this()] { self->run(); });
        } catch (std::bad_alloc const&) {
            drop();
        }
    }

    /// Calls the handler at once if its executor is home, unless the operation already has a result. For functions that run at home.
    void complete(Results... results)
    {
        if (!is_open())
            return;
        auto const self = this->shared_from_this();
        results_.emplace(std::move(results)...);
        run();
    }

    /// Destroys the handler. For the end of the execution context.
    void drop() noexcept { auto const dropped = std::move(handler_); }

private:
    void run()
    {
        auto const call = [this](auto&&... results) { handler_.complete(std::move(results)...); };
        std::apply(call, *std::exchange(results_, std::tuple<Results...>()));
    }

    handler_type handler_;
    std::optional<std::tuple<Results...>> results_;
    post_memory memory_;
};

}  // namespace coqmp::detail

#endif
