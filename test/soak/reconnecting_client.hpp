// A reconnecting session whose monitor comes and goes, and whose promises are checked all the time.
#ifndef COQMP_TEST_SOAK_RECONNECTING_CLIENT_HPP
#define COQMP_TEST_SOAK_RECONNECTING_CLIENT_HPP

#include "ledger.hpp"
#include "operation.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>

namespace coqmp::soak {

/// Runs one reconnecting session after the other, until this time. Half of them dial, the others accept.
/// @param other the executor of the monitors
boost::asio::awaitable<void> talk_to_a_fake_that_returns(boost::asio::any_io_executor other, ledger& book, std::uint64_t seed,
                                                         time_point until);

}  // namespace coqmp::soak

#endif
