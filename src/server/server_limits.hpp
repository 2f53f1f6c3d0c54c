// What bounds the work and the memory for one client.
#ifndef COQMP_SRC_SERVER_SERVER_LIMITS_HPP
#define COQMP_SRC_SERVER_SERVER_LIMITS_HPP

#include <cstddef>

namespace coqmp::detail {

/// See monitor_server_options.
struct server_limits
{
    std::size_t in_band_at_once = 1;
    std::size_t event_bytes = 0;
};

}  // namespace coqmp::detail

#endif
