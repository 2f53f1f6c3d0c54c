// Runs what may block for as long as a file system or a directory service does, beside the event loop.
#ifndef COQMP_DAEMON_BLOCKING_CALLS_HPP
#define COQMP_DAEMON_BLOCKING_CALLS_HPP

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace coqmp_daemon {

/// Calls each function on a thread of its own.
/// @code
/// blocking_calls files(executor);
/// auto read = [path] { return read_settings(path); };  // g++ 12 wants a name here
/// settings const found = co_await files.run(std::move(read));
/// @endcode
/// @par Threads That of its executor.
/// @par Lifetime Its destructor waits for nothing: a function that hangs is left behind with its thread, so that a daemon can end
///   all the same. The execution context outlives this object, but runs no longer when it is destroyed.
class blocking_calls
{
public:
    explicit blocking_calls(boost::asio::any_io_executor executor);
    blocking_calls(blocking_calls const&) = delete;
    blocking_calls& operator=(blocking_calls const&) = delete;
    ~blocking_calls();

    /// @param function called without arguments; it must own what it uses, because it may outlive everything else
    /// @return what it returned @throws what it threw; std::system_error there is no thread
    template <class Function>
    [[nodiscard]] boost::asio::awaitable<std::invoke_result_t<Function&>> run(Function function)
    {
        auto const result = std::make_shared<outcome<std::invoke_result_t<Function&>>>();
        std::function<void()> work = [result, function = std::move(function)]() mutable { result->take(function); };
        co_await complete(std::move(work));
        if (result->failure)
            std::rethrow_exception(result->failure);
        co_return std::move(*result->value);
    }

private:
    template <class Value>
    struct outcome
    {
        std::optional<Value> value;
        std::exception_ptr failure;

        template <class Function>
        void take(Function& function) noexcept
        {
            try {
                value.emplace(function());
            } catch (...) {
                failure = std::current_exception();
            }
        }
    };
    struct link;

    /// Returns when the function has returned.
    [[nodiscard]] boost::asio::awaitable<void> complete(std::function<void()> function);

    std::shared_ptr<link> const link_;
};

/// Calls a function on a thread of its own, and waits for it, but no longer than this.
/// @param function it must not throw, and must own what it uses: if it takes longer, it is left behind with its thread @param most
/// zero: do not wait
/// @return whether it has returned
/// @throws std::system_error there is no thread
[[nodiscard]] bool call_within(std::chrono::milliseconds most, std::function<void()> function);

}  // namespace coqmp_daemon

#endif
