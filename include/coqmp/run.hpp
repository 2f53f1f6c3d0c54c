// A program whose main() is a coroutine.
#ifndef COQMP_RUN_HPP
#define COQMP_RUN_HPP

#include <coqmp/detail/boost_version.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace coqmp {

/// Runs a coroutine to its end, in this thread and in an execution context of its own. SIGINT and SIGTERM cancel it, so that it can
/// clean up; a second one ends the program as if no handler were installed. This, or run_program(), is all that the main() of a
/// simple program needs; a program with an `io_context` of its own uses `asio::co_spawn` instead.
/// @code
/// asio::awaitable<void> talk(coqmp::endpoint address)
/// {
///     coqmp::session vm{co_await asio::this_coro::executor};
///     co_await vm.async_connect(address);
/// }
/// int main() { coqmp::run(talk(coqmp::endpoint::parse("unix:/run/vm.sock"))); }
/// @endcode
/// @param main the coroutine
/// @throws whatever the coroutine throws: `operation_aborted` as a `boost::system::system_error` if a signal has cancelled it and it
/// does not catch that
/// @par Cancellation by a signal: terminal. Whatever a cancelled coroutine awaits next is cancelled, too. If it has to await
/// something while it cleans up, it must first call
/// `co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());`. It cannot do that in a `catch` block,
/// because C++ does not allow `co_await` there:
/// @code
/// std::exception_ptr failure;
/// try {
///     co_await use(machine);
/// } catch (...) {
///     failure = std::current_exception();
/// }
/// co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());  // never throws
/// co_await machine.async_shutdown(10s, asio::as_tuple(asio::deferred));
/// if (failure)
///     std::rethrow_exception(failure);
/// @endcode
/// @par Lifetime What the coroutine has started and not awaited, such as a detached coroutine, is destroyed when it ends. Before
/// that, a guest that is still frozen is thawed, and a file that is still open in a guest is closed; a second signal ends the
/// program without that.
/// @see examples/cancellation.cpp
/// @par Threads Any thread may call it, but a signal cancels all calls that are in progress. A signal that is ignored at the
/// time of the call stays ignored. At the end, the previous actions of both signals are restored.
/// @see examples/first_command.cpp
void run(boost::asio::awaitable<void> main);

namespace detail {

template <class Result>
boost::asio::awaitable<void> keep(boost::asio::awaitable<Result> main, std::optional<Result>& result)
{
    result.emplace(co_await std::move(main));
}

}  // namespace detail

/// The same for a coroutine with a result.
/// @return what the coroutine returns
template <class Result>
Result run(boost::asio::awaitable<Result> main)
{
    std::optional<Result> result;
    run(detail::keep(std::move(main), result));
    return std::move(*result);
}

/// run() for a main() that reports failures as programs do: prints what the coroutine throws on standard error, and returns the exit
/// status.
/// @code
/// int main(int argc, char** argv)
/// {
///     return coqmp::run_program("talk", talk(argc > 1 ? argv[1] : "/run/vm.sock"));  // "talk: query-status: disconnected ..."
/// }
/// @endcode
/// An exception that an argument of the coroutine throws is thrown before run_program() is called. So parse the program's arguments in
/// the coroutine.
/// @param name of the program, for the message: `NAME: what()`. The message is safe for a terminal: control characters are escaped.
/// @param main the coroutine
/// @return 0; 1 after an exception; 128 and the signal's number (130 for SIGINT, 143 for SIGTERM) after an exception if a signal has
/// cancelled the coroutine. `operation_aborted` is then not printed, because the user knows; another exception, such as
/// migration_failed, is. A coroutine that returns normally has succeeded, also after a signal.
/// @par Cancellation as run()
/// @par Lifetime as run(): machines, for example, have ended when it returns
/// @par Threads as run()
/// @see examples/migration.cpp
[[nodiscard]] int run_program(std::string_view name, boost::asio::awaitable<void> main);

/// The same for a coroutine whose result is the exit status.
[[nodiscard]] int run_program(std::string_view name, boost::asio::awaitable<int> main);

}  // namespace coqmp

#endif
