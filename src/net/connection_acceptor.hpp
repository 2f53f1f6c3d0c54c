// Accepts connections, for as long as they are wanted.
// Invariant: connections that are not wanted stay in the kernel's queue.
#ifndef COQMP_SRC_NET_CONNECTION_ACCEPTOR_HPP
#define COQMP_SRC_NET_CONNECTION_ACCEPTOR_HPP

#include "detail/handler_memory.hpp"
#include "detail/unique_fd.hpp"
#include "net/server_socket.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/socket_access.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <optional>

namespace coqmp::detail {

class connection_acceptor;

/// Where the connections of an acceptor go.
class connection_taker
{
public:
    connection_taker(connection_taker const&) = delete;
    connection_taker& operator=(connection_taker const&) = delete;

    /// Whether another connection may come.
    [[nodiscard]] virtual bool wants_connection() const noexcept = 0;
    /// @param from has accepted the connection
    virtual void take_connection(connection_acceptor const& from, unique_fd connection) = 0;
    /// The kernel does not accept. The acceptor tries again later.
    virtual void accept_failed(connection_acceptor const& from, boost::system::error_code why) = 0;

protected:
    connection_taker() = default;
    ~connection_taker() = default;
};

/// Used on its executor only, apart from the constructor and from remove_file().
class connection_acceptor : public std::enable_shared_from_this<connection_acceptor>
{
public:
    /// Listens. @throws what listener's constructor throws
    connection_acceptor(boost::asio::any_io_executor const& executor, endpoint const& address, socket_access const& access,
                        std::weak_ptr<connection_taker> taker);
    connection_acceptor(connection_acceptor const&) = delete;
    connection_acceptor& operator=(connection_acceptor const&) = delete;
    ~connection_acceptor();

    /// With the port that the kernel chose.
    [[nodiscard]] endpoint const& local() const noexcept { return socket_.local(); }

    /// Accepts until no connection is wanted. Call it again when one is.
    void start();
    void close() noexcept;
    /// From any thread, before close().
    void remove_file() noexcept { socket_.remove_file(); }

private:
    void accept_connections();
    void pause();

    server_socket socket_;
    std::weak_ptr<connection_taker> const taker_;
    std::optional<boost::asio::posix::stream_descriptor> acceptor_;  ///< none once it is closed, like the timer
    std::optional<boost::asio::steady_timer> pause_;
    handler_memory wait_memory_;
    handler_memory pause_memory_;
    bool is_waiting_ = false;
    bool is_failing_ = false;  ///< The failure was reported.
};

}  // namespace coqmp::detail

#endif
