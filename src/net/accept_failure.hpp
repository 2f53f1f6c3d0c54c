// Which failures of accept4() concern the listening socket, and which only one connection.
#ifndef COQMP_SRC_NET_ACCEPT_FAILURE_HPP
#define COQMP_SRC_NET_ACCEPT_FAILURE_HPP

namespace coqmp::detail {

/// Whether accept4() has failed for one connection only, and may succeed for the next.
/// @param error of the kernel
[[nodiscard]] bool concerns_one_connection(int error) noexcept;

}  // namespace coqmp::detail

#endif
