// The state behind a listener: its socket, and the accepts that wait for it.
// Invariant: a wait is in exactly one list, waiting (no connection yet) or connecting, until its handler is posted.
#ifndef COQMP_SRC_LISTENER_LISTENER_IMPL_HPP
#define COQMP_SRC_LISTENER_LISTENER_IMPL_HPP

#include "detail/handler_registry.hpp"
#include "detail/unique_fd.hpp"
#include "listener/pending_accept.hpp"
#include "net/server_socket.hpp"

#include <coqmp/listener.hpp>

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
    using wait_pointer = std::shared_ptr<pending_accept>;

    listener_impl(boost::asio::any_io_executor executor, endpoint const& where, listener_options options);
    ~listener_impl();

    // From any thread.
    static void start_accept(pointer const& self, pending_accept::handler_type handler);
    /// The same for a session on another executor, and for one process. From a thread that runs the executor it takes effect at
    /// once.
    static void start_accept(pointer const& self, pending_accept::handler_type handler, boost::asio::any_io_executor of_session,
                             session_options of_options, peer_requirements whom);
    void close() noexcept;
    /// On the executor: an expected process is known now, or will never connect.
    void decide();
    [[nodiscard]] endpoint const& local() const noexcept { return socket_.local(); }
    [[nodiscard]] listener_options const& options() const noexcept { return options_; }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

    void destroy_handlers() noexcept override;

private:
    using wait_list = std::list<wait_pointer>;

    /// A connection, and the process that it comes from.
    struct visitor
    {
        unique_fd connection;
        std::optional<peer_credentials> peer;
        std::vector<::pid_t> lineage;  ///< The peer, its parent, and so on; empty if any process is admitted.
        std::vector<std::shared_ptr<expected_process>> candidates;  ///< Processes that were being started when it came.
    };

    void add(wait_pointer const& wait);
    void cancel(wait_pointer const& wait);
    void end();
    void await_connection();
    enum class patience { while_undecided, none };
    /// @param most connections, and failures
    void accept(int most, patience how = patience::while_undecided);
    void pause();
    [[nodiscard]] visitor identify(unique_fd connection) const;
    void match(visitor who);
    void refuse(visitor const& who);
    void connect(wait_pointer const& wait, unique_fd connection);
    void connected(wait_pointer const& wait, boost::system::error_code error);
    void fail(wait_list::iterator wait, boost::system::error_code error);
    void stop_if_idle();

    listener_options options_;
    server_socket socket_;
    std::optional<boost::asio::posix::stream_descriptor> acceptor_;  ///< none once the context is gone, like the timer
    wait_list waiting_;
    wait_list connecting_;
    std::vector<visitor>
        undecided_;  ///< May come from a process that is being started. No others are accepted until that process is known.
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
