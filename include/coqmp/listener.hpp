// A socket that listens before QEMU starts, so that QEMU can never connect too early.
#ifndef COQMP_LISTENER_HPP
#define COQMP_LISTENER_HPP

#include <coqmp/detail/initiation.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/listener_options.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/system/error_code.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp {

class listener;

namespace detail {
class listener_impl;
boost::asio::any_io_executor executor_of(listener_impl const& impl) noexcept;
/// What stands behind a listener, for a machine; none behind one that was moved from.
std::shared_ptr<listener_impl> impl_of(listener const& handle) noexcept;
}  // namespace detail

/// Listens for QEMUs that connect to us (`-chardev socket,...` without `server=on`).
///
/// A unix socket is bound, private (mode 0600) and listening when the constructor returns. A socket file left by a dead process is
/// replaced, one in use never is. The file is removed when the listener closes.
/// @par Threads as session
/// @par Moved from A moved-from listener keeps its executor and does nothing: its accepts complete with errc::disconnected, and
/// its address and arguments stay what they were.
/// @par Lifetime Destroying the listener closes it; waiting accepts complete with `operation_aborted`. Its sessions continue.
/// The listener may outlive its execution context, whose end closes it: it can then still be moved, closed and destroyed, and
/// its address and counter can be read, but async_accept() throws `boost::asio::execution::bad_executor`.
/// @see examples/listener.cpp
class listener
{
public:
    using executor_type = boost::asio::any_io_executor;

    /// The id of the monitor's chardev unless another one is chosen.
    static constexpr std::string_view default_chardev_id = "coqmp-monitor";

    /// Binds and listens. A host's name is resolved here, and that may block.
    /// @param executor where the work runs, and that of the sessions
    /// @param address a unix socket or a TCP port (0: the kernel chooses, local_endpoint() returns it)
    /// @param options which peers to accept
    /// @throws boost::asio::execution::bad_executor if the executor is empty
    /// @throws boost::system::system_error errc::address_in_use if another program listens there, or if a file that is not a
    /// socket has this name; errc::invalid_endpoint for an endpoint that cannot be listened on; the kernel's error (EACCES,
    /// ENOSPC, ...). The text names the address.
    /// @see examples/listener.cpp
    listener(executor_type executor, endpoint address, listener_options options = {});

    /// The same with the executor of an execution context.
    template <class ExecutionContext>
        requires std::convertible_to<ExecutionContext&, boost::asio::execution_context&>
    listener(ExecutionContext& context, endpoint address, listener_options options = {})
        : listener(executor_type(context.get_executor()), std::move(address), std::move(options))
    {}

    listener(listener&&) noexcept = default;
    listener& operator=(listener&& other) noexcept;
    ~listener();

    [[nodiscard]] executor_type get_executor() const noexcept;

    /// Accepts a connection from QEMU and completes once capabilities have been negotiated. May be called repeatedly, even while
    /// other accepts wait: connections go to the accepts in order. A peer other than the required one is rejected, and the wait
    /// goes on.
    /// @param token a completion token, `asio::deferred` by default
    /// @par Handler signature `void(error_code, session)`
    /// @par Errors
    /// - errc::timed_out: no peer connected within listener_options::accept_timeout;
    /// - the errors of session::async_connect(), if one did; session_options::connect_timeout counts from its arrival;
    /// - the kernel's error if it cannot accept (EMFILE and the like, EACCES from a security module); the connection then stays for
    ///   the next accept;
    /// - `operation_aborted`: cancelled, or the listener was closed; errc::disconnected: moved from.
    /// @par Cancellation terminal, partial and total: a connection that has not been accepted stays for the next accept.
    /// @see examples/qmp-shell/qemu/connection.cpp
    template <boost::asio::completion_token_for<void(boost::system::error_code, session)> Token = boost::asio::deferred_t>
    [[nodiscard]] auto async_accept(Token&& token = Token())
    {
        return detail::initiate<void(boost::system::error_code, session), &listener::start_accept>(impl_,
                                                                                                   std::forward<Token>(token));
    }

    /// The address, with the port that the kernel chose.
    /// @par Lifetime The reference is valid as long as the listener.
    /// @see examples/qmp-shell/qemu/connection.cpp
    [[nodiscard]] endpoint const& local_endpoint() const noexcept;

    /// What to append to QEMU's arguments so that it connects here: `-chardev socket,id=ID,path=... -mon chardev=ID,mode=control`,
    /// with commas doubled, as QEMU requires.
    /// @param id of the chardev; distinct for each chardev of one QEMU
    /// @see examples/listener.cpp
    [[nodiscard]] std::vector<std::string> qemu_arguments(std::string_view id = default_chardev_id) const;

    /// How many connections were rejected because the peer was not the required one.
    [[nodiscard]] std::uint64_t refused() const noexcept;

    /// Stops listening and unlinks the socket. Waiting accepts complete with `operation_aborted`.
    void close() noexcept;

private:
    friend std::shared_ptr<detail::listener_impl> detail::impl_of(listener const& handle) noexcept;
    using accept_handler = detail::pending_handler<void(boost::system::error_code, session)>;
    static void start_accept(std::shared_ptr<detail::listener_impl> const& impl, accept_handler handler);

    detail::owned_impl<detail::listener_impl> impl_;
};

}  // namespace coqmp

#endif
