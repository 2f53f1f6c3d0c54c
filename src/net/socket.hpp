// Sockets that no child process inherits, and the system calls that Asio does not make.
// Invariant: every descriptor made here is close-on-exec and non-blocking from its first moment (Asio's own are not
// close-on-exec, and a launched QEMU would hold other machines' monitors open).
#ifndef COQMP_SRC_NET_SOCKET_HPP
#define COQMP_SRC_NET_SOCKET_HPP

#include <coqmp/descriptor.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace coqmp::detail {

using stream_socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, boost::asio::any_io_executor>;

/// Opens a socket of this family into `target`.
boost::system::error_code open(stream_socket& target, boost::asio::generic::stream_protocol protocol);

/// Puts a connected stream socket into `target`, which owns it from then on; closes it if that fails.
boost::system::error_code adopt(stream_socket& target, int number);

/// Sends what the kernel takes now, descriptors along with the first byte.
/// @return bytes sent; 0 with no error if the kernel takes nothing now
std::size_t send_some(stream_socket& target, std::string_view bytes, std::span<descriptor const> descriptors,
                      boost::system::error_code& error);

/// Receives what is there now. @return 0 with no error if nothing is there; asio::error::eof at the end
std::size_t receive_some(stream_socket& source, std::span<char> buffer, boost::system::error_code& error);

/// The same, with the descriptors that came along; they are close-on-exec. Of one message, at most 16 are received, as in QEMU.
std::size_t receive_some(stream_socket& source, std::span<char> buffer, std::vector<descriptor>& descriptors,
                         boost::system::error_code& error);

}  // namespace coqmp::detail

#endif
