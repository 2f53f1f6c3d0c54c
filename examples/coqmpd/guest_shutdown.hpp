// coqmpd --shutdown-guests without a daemon.
#ifndef COQMPD_GUEST_SHUTDOWN_HPP
#define COQMPD_GUEST_SHUTDOWN_HPP

#include "daemon/exit_code.hpp"
#include "daemon/log/logger.hpp"
#include "places.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>

namespace coqmpd {

/// Adopts the machines that an earlier daemon has left, and shuts them down as their files say, in order. Starts none. A machine
/// without a usable file is shut down, too. Returns when all have ended.
/// @param context runs nothing else @param budget zero: no limit
/// @throws boost::system::system_error a daemon uses the state directory, or it cannot be used
[[nodiscard]] coqmp_daemon::exit_code shut_down_without_daemon(boost::asio::io_context& context, places const& where,
                                                               std::chrono::milliseconds budget, coqmp_daemon::logger& log);

}  // namespace coqmpd

#endif
