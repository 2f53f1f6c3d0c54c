// The state behind a listener: its socket, and the accepts that wait for a connection. It gives connections away, and makes no
// session.
// Invariant: a waiting accept gets a connection that it admits, or fails.
#ifndef COQMP_SRC_LISTENER_LISTENER_IMPL_HPP
#define COQMP_SRC_LISTENER_LISTENER_IMPL_HPP

#include "detail/handler_memory.hpp"
#include "detail/handler_registry.hpp"
#include "detail/revocable_executor.hpp"
#include "detail/unique_fd.hpp"
#include "listener/arriving_accepts.hpp"
#include "listener/incoming_connection.hpp"
#include "listener/pending_accept.hpp"
#include "listener/remote_listener.hpp"
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

namespace coqmp::detail {

/// Accepts connections only while an accept waits: the others stay in the kernel's queue.
class listener_impl final : public handler_registration, public std::enable_shared_from_this<listener_impl>
{
public:
    using pointer = std::shared_ptr<listener_impl>;
    using accept_pointer = std::shared_ptr<pending_accept>;
    using session_handler = pending_handler<void(boost::system::error_code, session)>;

    listener_impl(boost::asio::any_io_executor executor, endpoint const& address, listener_options options);
    ~listener_impl();

    // From any thread.
    static void start_accept(pointer const& self, session_handler handler);
    void close() noexcept;
    [[nodiscard]] endpoint const& local() const noexcept { return socket_.local(); }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

    /// For another execution context.
    [[nodiscard]] remote_listener remote();

    // On the executor only.

    /// Accepts have been added.
    void arrive();
    /// Ends it with `operation_aborted`, unless it is over.
    void end_accept(accept_pointer const& accept);
    /// Looks at the connections again that could not be matched.
    void decide();

    void destroy_handlers() noexcept override;

private:
    enum class patience { while_undecided, none };

    void take_arrivals();
    void begin_wait(accept_pointer const& accept);
    void fail(accept_pointer accept, boost::system::error_code error);
    void end();
    void await_connection();
    /// @param most connections, and failures
    void accept_connections(int most, patience mode);
    void pause();
    // Each takes the one connection out of the list, or leaves it there.
    void match(connection_list& one);
    void match_or_keep(connection_list& one);
    void give(accept_pointer accept, unique_fd& connection);
    void reject(incoming_connection const& connection);

    listener_options const options_;
    std::shared_ptr<revocable_executor> const home_;  ///< For other execution contexts.
    server_socket socket_;
    std::optional<boost::asio::posix::stream_descriptor> acceptor_;  ///< none once the context is gone, like the timer
    handler_memory wait_memory_;
    std::shared_ptr<arriving_accepts> const arrivals_ = std::make_shared<arriving_accepts>();
    accept_list waiting_;
    std::list<std::weak_ptr<pending_accept>> connecting_;  ///< Some of them may be over.
    /// May come from a process that is being started, or there was no memory. No others are accepted until these are matched.
    connection_list undecided_;
    std::atomic<std::uint64_t> refused_ = 0;
    std::optional<boost::asio::steady_timer> pause_;
    handler_memory pause_memory_;
    post_memory short_pause_memory_;
    std::atomic<bool> close_requested_ = false;
    post_memory close_memory_;
    bool awaiting_connection_ = false;
    bool pausing_ = false;  ///< Too many connections in a row were lost before they could be accepted, or there was no memory.
    bool closed_ = false;
};

}  // namespace coqmp::detail

#endif
