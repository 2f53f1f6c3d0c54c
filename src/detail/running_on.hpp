// Whether a function may do its work at once, because it is called where the work runs.
#ifndef COQMP_SRC_DETAIL_RUNNING_ON_HPP
#define COQMP_SRC_DETAIL_RUNNING_ON_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

namespace coqmp::detail {

/// Whether this thread is running handlers of an `io_context` with this executor. Unknown, and therefore false, for other
/// executors.
[[nodiscard]] inline bool is_running_on(boost::asio::any_io_executor const& executor) noexcept
{
    auto const* const context = executor.target<boost::asio::io_context::executor_type>();
    return context != nullptr && context->running_in_this_thread();
}

}  // namespace coqmp::detail

#endif
