// Names a client's command until it is answered.
#ifndef COQMP_SRC_PROTOCOL_TICKET_HPP
#define COQMP_SRC_PROTOCOL_TICKET_HPP

#include <cstdint>

namespace coqmp::protocol {

/// Different for each command of a connection, whatever id the client gave it.
enum class ticket : std::uint64_t {};

}  // namespace coqmp::protocol

#endif
