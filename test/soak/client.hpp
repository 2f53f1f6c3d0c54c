// A session under heavy use whose promises are checked all the time.
#ifndef COQMP_TEST_SOAK_CLIENT_HPP
#define COQMP_TEST_SOAK_CLIENT_HPP

#include "ledger.hpp"
#include "operation.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>

namespace coqmp::soak {

/// Runs one session after the other with fake monitors, until this time.
/// @param other the executor of the monitors
boost::asio::awaitable<void> talk_to_fakes(boost::asio::any_io_executor other, ledger& book, std::uint64_t seed,
                                           time_point until);

}  // namespace coqmp::soak

#endif
