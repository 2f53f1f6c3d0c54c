// Runs the one coroutine that is a daemon.
#ifndef COQMP_DAEMON_RUN_TO_END_HPP
#define COQMP_DAEMON_RUN_TO_END_HPP

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace coqmp_daemon {

/// Runs a context until a coroutine has returned; what else is under way then stops where it is.
/// @return what it returned @throws what it threw
template <class Result>
[[nodiscard]] Result run_to_end(boost::asio::io_context& context, boost::asio::awaitable<Result> work)
{
    std::optional<Result> result;
    std::exception_ptr failure;
    boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr const& why, Result returned) {
        failure = why;
        result.emplace(std::move(returned));
        context.stop();
    });
    context.run();
    if (failure)
        std::rethrow_exception(failure);
    return std::move(*result);
}

}  // namespace coqmp_daemon

#endif
