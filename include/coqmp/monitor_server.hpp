// The other end of a session: a QMP monitor whose commands this program executes.
#ifndef COQMP_MONITOR_SERVER_HPP
#define COQMP_MONITOR_SERVER_HPP

#include <coqmp/detail/closing_impl.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/greeting.hpp>
#include <coqmp/monitor_client.hpp>
#include <coqmp/monitor_request.hpp>
#include <coqmp/monitor_server_options.hpp>
#include <coqmp/socket_access.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace coqmp {

class monitor_server;

namespace detail {
class monitor_server_impl;
/// None for a server that was moved from.
std::shared_ptr<monitor_server_impl> impl_of(monitor_server const& handle) noexcept;
boost::asio::any_io_executor executor_of(monitor_server_impl const& impl) noexcept;
void close_impl(monitor_server_impl& impl) noexcept;

// From any thread. A moved-from server passes no implementation.
void start_server_dial(std::shared_ptr<monitor_server_impl> const& impl,
                       pending_handler<void(boost::system::error_code, std::uint64_t)>&& handler, endpoint const& client);
}  // namespace detail

/// Which form of a command its handler takes.
enum class command_bands {
    in_band,  ///< `exec-oob` is refused, as QEMU refuses it for most commands.
    both      ///< monitor_request::is_out_of_band() says which one it was.
};

/// Serves QMP as QEMU's monitor does: greets, negotiates, takes whatever a client may send, refuses malformed input in QEMU's words,
/// returns ids byte for byte, answers in order. The program executes the commands, and publishes events.
/// @code
/// coqmp::monitor_server server{executor};
/// server.handle("query-name", [](coqmp::monitor_request request) { request.answer({{"name", "vm7"}}); });
/// server.listen(coqmp::endpoint::unix_socket("/run/vm7.sock"));
/// @endcode
/// @par Threads Every function may be called from any thread, but handle() and handle_others() only before other threads use
/// the server, and listen() and stop_listening() only before that or on the server's executor. Handlers run on that executor,
/// which must not run them concurrently (an `io_context` that is run by one thread, or a strand).
/// @par Moved from A moved-from server keeps its executor and does nothing; async_dial() completes with errc::disconnected.
/// @par Lifetime Destroying the server closes it. It may outlive its execution context, whose end closes it.
/// @see examples/monitor_server.cpp
class monitor_server
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// Answers the request, or keeps it to answer it later. An exception leaves `io_context::run()`; the request is then answered
    /// with an error.
    using callback = std::function<void(monitor_request)>;

    /// A handler that is a coroutine: its result is the answer. If it throws command_failed, the client gets an error with that
    /// exception's class and description, so that a handler can pass on the errors of another monitor; after any other
    /// exception, the client gets a GenericError with the exception's text. The coroutine is cancelled (terminal) when its
    /// client leaves. The request lives as long as the coroutine.
    using coroutine = std::function<boost::asio::awaitable<boost::json::value>(monitor_request& request)>;

    /// Does not serve any clients yet.
    /// @param executor where the work runs
    /// @param options the greeting, limits, hooks
    /// @throws boost::asio::execution::bad_executor if the executor is empty
    /// @see examples/monitor_server.cpp
    explicit monitor_server(executor_type executor, monitor_server_options options = {});

    /// The same with the executor of an execution context.
    template <class ExecutionContext>
        requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    explicit monitor_server(ExecutionContext& context, monitor_server_options options = {})
        : monitor_server(executor_type(context.get_executor()), std::move(options))
    {}

    [[nodiscard]] executor_type get_executor() const noexcept;

    /// Executes the commands of this name. `qmp_capabilities` is the server's own.
    /// @param name of the command; an earlier handler of this name is replaced
    /// @param handler called on the server's executor
    /// @param bands whether the handler also takes the command out of band
    /// @see examples/monitor_server.cpp
    void handle(std::string name, callback handler, command_bands bands = command_bands::in_band);
    /// The same with a coroutine.
    void handle(std::string name, coroutine handler, command_bands bands = command_bands::in_band);

    /// Executes all commands that have no handler of their own, in both bands. Without it, they are refused with CommandNotFound.
    void handle_others(callback handler);
    /// The same with a coroutine.
    void handle_others(coroutine handler);

    /// Listens for clients. A server may listen at several addresses. When this function returns, a unix socket is bound, has
    /// its permissions, and is listening. A socket file left by a dead process is replaced; one in use never is. The file is
    /// removed when the server closes. A host name is resolved here, which may block.
    /// @param address a unix socket or a TCP port (0: the kernel chooses)
    /// @param access who may connect to a unix socket
    /// @return the address, with the port that the kernel chose
    /// @throws boost::system::system_error as for listener::listener(); the kernel's error (EPERM) if the owner or group cannot
    /// be set; errc::disconnected: the server was closed or moved from, or its execution context has ended
    endpoint listen(endpoint const& address, socket_access access = {});

    /// Stops listening at an address, and unlinks its socket. Clients that have connected there stay. Call it where listen()
    /// may be called.
    /// @param address as returned by listen()
    /// @return whether the server was listening there
    bool stop_listening(endpoint const& address);

    /// Connects to a client that listens, and serves it. Completes as soon as the connection exists.
    /// @param client its address; for a descriptor of a socket, the server uses a duplicate
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, std::uint64_t)`: with monitor_client::number
    /// @par Errors the kernel's error; `connection_refused`: also if the server accepts no clients, or no more clients;
    /// errc::disconnected: the server was closed or moved from; `operation_aborted`: cancelled
    /// @par Cancellation terminal, partial and total: the server does not connect.
    template <boost::asio::completion_token_for<void(boost::system::error_code, std::uint64_t)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_dial(endpoint client, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, std::uint64_t), &detail::start_server_dial>(
            impl_, std::forward<Token>(token), std::move(client));
    }

    /// Sends an event that happens now to all clients that have negotiated and want it.
    void publish(std::string name, boost::json::object data = {});
    /// The same for an event that happened before, or elsewhere.
    /// @param what without a timestamp, it gets -1, like an event of a QEMU that cannot read the host's clock
    void publish(event what);
    /// Sends an event to one client. @param client monitor_client::number
    void publish(event what, std::uint64_t client);

    /// Sends a client only the events that a filter accepts, from now on. @param client monitor_client::number
    /// @param filter an event_filter without conditions accepts all events, as at first
    void choose_events(std::uint64_t client, event_filter filter);

    /// What clients are greeted with from now on.
    void greet_with(greeting what);

    /// Whether clients are accepted. True at first. While it is false, they wait in the kernel's queue.
    void accept_clients(bool wanted);

    /// Ends the connection of a client, with a call of monitor_server_options::on_disconnected. Does nothing if it has left.
    void disconnect(std::uint64_t client);

    /// How many clients are connected.
    [[nodiscard]] std::size_t client_count() const noexcept;

    /// Stops listening, unlinks the sockets, and disconnects all clients. Coroutines that execute commands are cancelled.
    void close() noexcept;

private:
    friend std::shared_ptr<detail::monitor_server_impl> detail::impl_of(monitor_server const& handle) noexcept;

    detail::closing_impl<detail::monitor_server_impl> impl_;
};

}  // namespace coqmp

#endif
