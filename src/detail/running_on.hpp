// Whether a function may do its work at once, because it is called where the work runs.
#ifndef COQMP_SRC_DETAIL_RUNNING_ON_HPP
#define COQMP_SRC_DETAIL_RUNNING_ON_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
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

/// Whether this thread is running handlers of an `io_context` with this executor. Unknown, and therefore false, for other
/// executors.
[[nodiscard]] inline bool is_running_on(boost::asio::any_io_executor const& executor) noexcept
{
    bool result = false;
    visit_io_context(executor, [&result](auto const& context) { result = context.running_in_this_thread(); });
    return result;
}

}  // namespace coqmp::detail

#endif
