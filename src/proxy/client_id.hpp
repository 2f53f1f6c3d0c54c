// Names a client of a proxy.
#ifndef COQMP_SRC_PROXY_CLIENT_ID_HPP
#define COQMP_SRC_PROXY_CLIENT_ID_HPP

#include <cstdint>

namespace coqmp::proxy {

/// Different for each connection: an answer can arrive after its client has left, and must not count for another one.
enum class client_id : std::uint64_t {};

}  // namespace coqmp::proxy

#endif
