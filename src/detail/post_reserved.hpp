// Runs a function later, even when there is no memory.
#ifndef COQMP_SRC_DETAIL_POST_RESERVED_HPP
#define COQMP_SRC_DETAIL_POST_RESERVED_HPP

#include "detail/handler_memory.hpp"
#include "detail/running_on.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace coqmp::detail {

/// Runs a function later, on the executor. That of an `io_context` takes the memory for it from `memory`, and others, such as a
/// strand, allocate some. An executor of the type any_io_executor would always allocate.
/// @param function keeps the memory alive
template <class Function>
void post_reserved(boost::asio::any_io_executor const& executor, post_memory& memory, Function function)
{
    auto reserved = boost::asio::bind_allocator(allocator_of(memory), std::move(function));
    auto const post = [&reserved](auto const& context) { boost::asio::post(context, std::move(reserved)); };
    if (!visit_io_context(executor, post))
        post(executor);
}

/// Runs a function on the executor: at once if this thread runs its handlers, else later, as post_reserved() does.
/// @param memory of one call at a time
template <class Function>
void dispatch_reserved(boost::asio::any_io_executor const& executor, post_memory& memory, Function function)
{
    if (is_running_on(executor))
        function();
    else if (visit_io_context(executor, [](auto const&) {}))
        post_reserved(executor, memory, std::move(function));
    else
        boost::asio::dispatch(executor, std::move(function));  // only a strand itself knows whether it runs here
}

}  // namespace coqmp::detail

#endif
