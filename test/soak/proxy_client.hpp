// A proxy whose clients come and go and misbehave, whose monitor does the same, and whose promises are checked all the time.
#ifndef COQMP_TEST_SOAK_PROXY_CLIENT_HPP
#define COQMP_TEST_SOAK_PROXY_CLIENT_HPP

#include "ledger.hpp"
#include "operation.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>

namespace coqmp::soak {

/// Runs one proxy after the other, until this time. Half of them hold their clients when their monitor has gone.
/// @param other the executor of the monitors and the clients
boost::asio::awaitable<void> share_monitors(boost::asio::any_io_executor other, ledger& book, std::uint64_t seed,
                                            time_point until);

}  // namespace coqmp::soak

#endif
