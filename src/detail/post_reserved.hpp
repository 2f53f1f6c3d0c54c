// Runs a function on an executor, even when there is no memory.
#ifndef COQMP_SRC_DETAIL_POST_RESERVED_HPP
#define COQMP_SRC_DETAIL_POST_RESERVED_HPP

#include "detail/handler_memory.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/require.hpp>

#include <type_traits>
#include <utility>

namespace coqmp::detail {

/// Calls a function with the executor of an `io_context` that this one holds.
/// @return false if it holds another, such as a strand
template <class Visitor>
bool visit_io_context(boost::asio::any_io_executor const& executor, Visitor visit)
{
    namespace asio = boost::asio;
    using plain = asio::io_context::executor_type;
    using tracked = std::decay_t<decltype(asio::require(std::declval<plain>(), asio::execution::outstanding_work.tracked))>;
    if (auto const* const context = executor.target<plain>())
        visit(*context);
    else if (auto const* const working = executor.target<tracked>())
        visit(*working);
    else
        return false;
    return true;
}

/// Runs a function later, on the executor. That of an `io_context` takes the memory for it from `memory`, and others, such as a
/// strand, allocate some. An executor of the type any_io_executor would always allocate.
/// @param function keeps the memory alive
template <class Function>
void post_reserved(boost::asio::any_io_executor const& executor, post_memory& memory, Function function)
{
    auto reserved = boost::asio::bind_allocator(allocator_of(memory), std::move(function));
    auto const post = [&reserved](auto const& target) { boost::asio::post(target, std::move(reserved)); };
    if (!visit_io_context(executor, post))
        post(executor);
}

/// Runs a function on the executor: at once if this thread runs its handlers, else later, as post_reserved() does.
/// @param memory for one call at a time
template <class Function>
void dispatch_reserved(boost::asio::any_io_executor const& executor, post_memory& memory, Function function)
{
    bool runs_here = false;
    bool const is_context =
        visit_io_context(executor, [&runs_here](auto const& context) { runs_here = context.running_in_this_thread(); });
    if (runs_here)
        function();
    else if (is_context)
        post_reserved(executor, memory, std::move(function));
    else
        boost::asio::dispatch(executor, std::move(function));  // only a strand itself knows whether it runs here
}

}  // namespace coqmp::detail

#endif
