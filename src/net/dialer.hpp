// Gets a connected socket for an endpoint: resolves names, tries each address in turn.
// Invariant: nothing is called back after cancel().
#ifndef COQMP_SRC_NET_DIALER_HPP
#define COQMP_SRC_NET_DIALER_HPP

#include "detail/unique_fd.hpp"
#include "net/socket.hpp"

#include <coqmp/endpoint.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace coqmp::detail {

/// Where to connect: an address, or a connection that exists already.
using connect_target = std::variant<endpoint, unique_fd>;

/// One dial. Used on its executor only.
class dialer : public std::enable_shared_from_this<dialer>
{
public:
    /// Gets the socket, or the error of the last address that was tried.
    using completion = std::function<void(boost::system::error_code, stream_socket)>;

    explicit dialer(boost::asio::any_io_executor executor);

    /// Takes over a connection. Duplicates the descriptor of an endpoint, because that has other owners.
    void dial(connect_target target, completion done);
    void cancel() noexcept;

private:
    using address = boost::asio::generic::stream_protocol::endpoint;
    using resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, boost::asio::any_io_executor>;

    void use(int number);
    void duplicate(int number);
    void resolve(std::string const& host, std::uint16_t port);
    void try_next(boost::system::error_code last);
    void finish(boost::system::error_code error);

    boost::asio::any_io_executor executor_;
    stream_socket socket_;
    std::optional<resolver> resolver_;  // only for a name
    std::vector<address> addresses_;
    std::size_t tried_ = 0;
    completion done_;
};

}  // namespace coqmp::detail

#endif
