// How the server's side of a conversation behaves.
#ifndef COQMP_SRC_PROTOCOL_SERVER_DIALOGUE_OPTIONS_HPP
#define COQMP_SRC_PROTOCOL_SERVER_DIALOGUE_OPTIONS_HPP

#include "protocol/request_framer.hpp"

#include <coqmp/greeting.hpp>

#include <cstddef>

namespace coqmp::protocol {

struct server_dialogue_options
{
    coqmp::greeting greeting;  ///< What the client is told, and which capabilities it may enable.
    framer_limits limits;
    /// The in-band commands that may wait behind the one that is executed, if the client has enabled `oob`. QEMU 7.2: 8.
    std::size_t queue_length = 8;
    /// With more output than this, in bytes, nothing more is read. (QEMU reads on, without limit.)
    std::size_t output_limit = std::size_t{16} << 20;
};

}  // namespace coqmp::protocol

#endif
