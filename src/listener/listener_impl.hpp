// The state behind a listener: its socket, and the accepts that wait for a connection. It gives connections away, and makes no
// session.
// Invariant: a waiting accept gets a connection that it admits, or fails.
#ifndef COQMP_SRC_LISTENER_LISTENER_IMPL_HPP
#define COQMP_SRC_LISTENER_LISTENER_IMPL_HPP

#include "detail/handler_registry.hpp"
#include "detail/revocable_executor.hpp"
#include "detail/unique_fd.hpp"
#include "listener/arriving_accepts.hpp"
#include "listener/incoming_connection.hpp"
#include "listener/pending_accept.hpp"
#include "net/server_socket.hpp"

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/listener_options.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::detail {

/// Accepts connections only while an accept waits: the others stay in the kernel's queue.
class listener_impl final : public handler_registration, public std::enable_shared_from_this<listener_impl>
{
public:
    using pointer = std::shared_ptr<listener_impl>;
    using accept_pointer = std::shared_ptr<pending_accept>;
    using session_handler = pending_handler<void(boost::system::error_code, session)>;

    listener_impl(boost::asio::any_io_executor executor, endpoint const& where, listener_options options);
    ~listener_impl();

    // From any thread.
    static void start_accept(pointer const& self, session_handler handler);
    void close() noexcept;
    [[nodiscard]] endpoint const& local() const noexcept { return socket_.local(); }
    [[nodiscard]] listener_options const& options() const noexcept { return options_; }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

    // From any thread and any execution context, even after the end of this one: they do nothing then.

    /// Adds an accept whose end another execution context waits for. A connection that comes after this call may be for it.
    /// @return false if the execution context of the listener has ended; the accept may fail all the same
    bool accept_for_elsewhere(accept_pointer const& accept);
    /// Ends it with `operation_aborted`, unless it is over.
    void cancel(accept_pointer const& accept);
    /// Looks at the connections again that could not be matched: an expected process is known now, or will never connect.
    void reconsider();

    void destroy_handlers() noexcept override;

private:
    enum class patience { while_undecided, none };

    void arrive();
    void take_arrivals();
    void begin_wait(accept_pointer const& accept);
    void end_accept(accept_pointer const& accept);
    void fail(accept_pointer accept, boost::system::error_code error);
    void end();
    void await_connection();
    /// @param most connections, and failures
    void accept_connections(int most, patience how);
    void pause();
    void match(incoming_connection connection);
    void give(accept_pointer accept, unique_fd connection);
    void reject(incoming_connection const& connection);
    void decide();

    listener_options const options_;
    revocable_executor home_;  ///< For other execution contexts.
    server_socket socket_;
    std::optional<boost::asio::posix::stream_descriptor> acceptor_;  ///< none once the context is gone, like the timer
    arriving_accepts arrivals_;
    accept_list waiting_;
    std::list<std::weak_ptr<pending_accept>> connecting_;  ///< Some of them may be over.
    /// May come from a process that is being started. No others are accepted until that process is known.
    std::vector<incoming_connection> undecided_;
    std::atomic<std::uint64_t> refused_ = 0;
    std::optional<boost::asio::steady_timer> pause_;
    bool awaiting_connection_ = false;
    bool pausing_ = false;  ///< Too many connections in a row were lost before they could be accepted.
    bool closed_ = false;
};

/// The arguments that make QEMU connect to a listener there.
[[nodiscard]] std::vector<std::string> qemu_arguments(endpoint const& where, std::string_view id);

}  // namespace coqmp::detail

#endif
