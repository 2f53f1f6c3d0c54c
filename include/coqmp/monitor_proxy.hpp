// Many clients on one monitor.
// Invariant: a client gets the answers to its own commands only, each exactly once and in order.
#ifndef COQMP_MONITOR_PROXY_HPP
#define COQMP_MONITOR_PROXY_HPP

#include <coqmp/detail/closing_impl.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/monitor_proxy_options.hpp>
#include <coqmp/session.hpp>
#include <coqmp/socket_access.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/system/error_code.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace coqmp {

class monitor_proxy;

namespace detail {
class monitor_proxy_impl;
std::shared_ptr<monitor_proxy_impl> impl_of(monitor_proxy const& handle) noexcept;
boost::asio::any_io_executor executor_of(monitor_proxy_impl const& impl) noexcept;
void close_impl(monitor_proxy_impl& impl) noexcept;

// From any thread. A moved-from proxy passes no implementation.
void start_proxy_dial(std::shared_ptr<monitor_proxy_impl> const& impl,
                      pending_handler<void(boost::system::error_code, std::uint64_t)>&& handler, endpoint const& client);
void start_proxy_drain(std::shared_ptr<monitor_proxy_impl> const& impl,
                       pending_handler<void(boost::system::error_code)>&& handler);
}  // namespace detail

/// Offers the monitor of a session to any number of clients, each of which sees a QEMU of its own: greeting, negotiation, `oob`,
/// descriptors, events, and errors are those of QEMU. The program can go on using the session.
///
/// - Clients take turns: once several have sent commands, each has at most one in-band command with QEMU, so that a client
///   waits for at most one command of each other client. The queued commands of a client that leaves are dropped. `exec-oob` is
///   sent at once.
/// - What a client may do is decided by its monitor_policy. `query-commands` and `query-qmp-schema` show what it allows.
/// - `query-version`, `query-commands`, `query-qmp-schema`, `query-name` and `query-uuid` are asked once and then answered from memory.
/// - A name that a client has given to a descriptor (`getfd`), and a set of descriptors that it has made (`add-fd`), belong to
///   that client. They are removed when it leaves.
/// - The command `__org.coqmp_events`, with `{"names": [...]}`, limits the events that a client gets; without arguments, it gets all
///   of them again.
/// @code
/// coqmp::monitor_proxy proxy{executor};
/// proxy.use(machine.session());
/// proxy.listen(coqmp::endpoint::unix_socket("/run/vm7-readers.sock"), coqmp::socket_access(0660));
/// @endcode
/// @par Threads As for monitor_server
/// @par Moved from A moved-from proxy keeps its executor and does nothing; its operations complete with errc::disconnected.
/// @par Lifetime Destroying the proxy disconnects its clients; the session goes on. The proxy may outlive its execution
/// context, whose end closes it.
/// @see examples/monitor_proxy.cpp
class monitor_proxy
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// Listens nowhere yet, and has no session: clients that connect are not accepted before use().
    /// @param executor that of the sessions; it must not run handlers concurrently
    /// @param options policies, limits, hooks
    /// @throws boost::asio::execution::bad_executor if the executor is empty
    /// @see examples/monitor_proxy.cpp
    explicit monitor_proxy(executor_type executor, monitor_proxy_options options = {});

    /// The same with the executor of an execution context.
    template <class ExecutionContext>
        requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    explicit monitor_proxy(ExecutionContext& context, monitor_proxy_options options = {})
        : monitor_proxy(executor_type(context.get_executor()), std::move(options))
    {}

    [[nodiscard]] executor_type get_executor() const noexcept;

    /// Clients talk to this session's QEMU from now on. When the session ends, clients are disconnected, or held
    /// (monitor_proxy_options::hold), and no others are accepted until another session is given.
    /// @param upstream a session that has negotiated, with the proxy's executor; it may be moved or destroyed afterwards
    /// @throws std::invalid_argument if the session has another executor, or has not negotiated
    void use(session const& upstream);

    /// Listens for clients, like monitor_server::listen().
    /// @param address a unix socket or a TCP port
    /// @param access who may connect to a unix socket
    /// @return the address, with the port that the kernel chose
    /// @throws as for monitor_server::listen()
    endpoint listen(endpoint const& address, socket_access access = {});

    /// Stops listening at an address, like monitor_server::stop_listening(). Clients that have connected there stay, unless
    /// apply_policies() disconnects them.
    /// @param address as returned by listen()
    /// @return whether the proxy was listening there
    bool stop_listening(endpoint const& address);

    /// Connects to a client that listens, like monitor_server::async_dial().
    /// @param client its address
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, std::uint64_t)`: with monitor_client::number
    /// @par Errors as for monitor_server::async_dial()
    /// @par Cancellation terminal, partial and total: the proxy does not connect.
    template <boost::asio::completion_token_for<void(boost::system::error_code, std::uint64_t)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_dial(endpoint client, Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, std::uint64_t), &detail::start_proxy_dial>(
            impl_, std::forward<Token>(token), std::move(client));
    }

    /// Asks monitor_proxy_options::policy_for again for every client. A command that waits for its turn comes under the new
    /// policy; one that was sent to QEMU is executed.
    void apply_policies();

    /// Accepts no more clients and executes no further commands. Completes when all commands that arrived before have been
    /// answered. Then close the proxy.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code)`
    /// @par Errors errc::disconnected: the proxy was closed or moved from; `operation_aborted`: cancelled
    /// @par Cancellation terminal, partial and total: the wait ends.
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_drain(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code), &detail::start_proxy_drain>(impl_, std::forward<Token>(token));
    }

    /// How many clients are connected.
    [[nodiscard]] std::size_t client_count() const noexcept;

    /// Stops listening, unlinks the sockets, and disconnects all clients. QEMU still executes the commands that were sent.
    void close() noexcept;

private:
    friend std::shared_ptr<detail::monitor_proxy_impl> detail::impl_of(monitor_proxy const& handle) noexcept;

    detail::closing_impl<detail::monitor_proxy_impl> impl_;
};

}  // namespace coqmp

#endif
