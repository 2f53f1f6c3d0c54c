// Runs a function later, even when there is no memory.
#ifndef COQMP_SRC_DETAIL_POST_RESERVED_HPP
#define COQMP_SRC_DETAIL_POST_RESERVED_HPP

#include "detail/handler_memory.hpp"
#include "detail/running_on.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/require.hpp>

#include <type_traits>
#include <utility>

namespace coqmp::detail {

/// Runs a function later, on the executor. That of an `io_context` takes the memory for it from `memory`, and others, such as a
/// strand, allocate some. An executor of the type any_io_executor would always allocate.
/// @param function keeps the memory alive
template <class Function>
void post_reserved(boost::asio::any_io_executor const& executor, post_memory& memory, Function function)
{
    namespace asio = boost::asio;
    using plain = asio::io_context::executor_type;
    using tracked = std::decay_t<decltype(asio::require(std::declval<plain>(), asio::execution::outstanding_work.tracked))>;
    auto reserved = asio::bind_allocator(allocator_of(memory), std::move(function));
    if (auto const* const context = executor.target<plain>())
        asio::post(*context, std::move(reserved));
    else if (auto const* const working = executor.target<tracked>())
        asio::post(*working, std::move(reserved));
    else
        asio::post(executor, std::move(reserved));
}

/// Runs a function on the executor: at once if this thread runs its handlers, else later, as post_reserved() does.
template <class Function>
void dispatch_reserved(boost::asio::any_io_executor const& executor, post_memory& memory, Function function)
{
    if (is_running_on(executor))
        function();
    else
        post_reserved(executor, memory, std::move(function));
}

}  // namespace coqmp::detail

#endif
