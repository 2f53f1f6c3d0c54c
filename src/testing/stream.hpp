// The sockets of the peers that tests talk to.
// Invariant: every socket is close-on-exec and does not block.
#ifndef COQMP_SRC_TESTING_STREAM_HPP
#define COQMP_SRC_TESTING_STREAM_HPP

#include <coqmp/descriptor.hpp>
#include <coqmp/endpoint.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp::testing::detail {

using stream_protocol = boost::asio::generic::stream_protocol;
using stream = boost::asio::basic_stream_socket<stream_protocol, boost::asio::any_io_executor>;
using stream_acceptor = boost::asio::basic_socket_acceptor<stream_protocol, boost::asio::any_io_executor>;

/// A unix socket, or a TCP port of a numeric address.
[[nodiscard]] stream_protocol::endpoint native_address(endpoint const& where);

/// Listens. @return the address, with the port that the kernel chose
endpoint listen(stream_acceptor& target, endpoint const& where, int backlog);

/// Connects. Blocks for as long as the kernel takes, which is no time for a listener on this machine.
void connect(stream& target, endpoint const& where);

/// Two sockets that are connected to each other: one in `target`, and the other one.
[[nodiscard]] descriptor open_pair(stream& target);

/// Receives what is there now. @return asio::error::eof at the end; no error and nothing if nothing is there
boost::system::error_code receive_some(stream& source, std::string& bytes, std::vector<descriptor>& descriptors);

/// Sends what the kernel takes now, descriptors along with the first byte.
/// @return the number of bytes; 0 without an error if the kernel takes nothing now
std::size_t send_some(stream& target, std::string_view bytes, std::span<descriptor const> descriptors,
                      boost::system::error_code& error);

/// Whether the other end has not read everything yet that was sent.
[[nodiscard]] bool has_unread_output(stream& socket);
/// Whether there are bytes to receive.
[[nodiscard]] bool has_input(stream& socket);

/// Makes the end of the connection a reset. On a unix socket it is one only if there are bytes that were not received.
void end_with_reset(stream& socket);

}  // namespace coqmp::testing::detail

#endif
