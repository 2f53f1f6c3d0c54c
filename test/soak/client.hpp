// A session that is used hard, and whose promises are checked all the time.
#ifndef COQMP_TEST_SOAK_CLIENT_HPP
#define COQMP_TEST_SOAK_CLIENT_HPP

#include "fake_monitor.hpp"
#include "ledger.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>

namespace coqmp::soak {

using time_point = std::chrono::steady_clock::time_point;

/// One session after the other with fake monitors, until then.
/// @param other executor of the monitors
boost::asio::awaitable<void> talk_to_fakes(boost::asio::any_io_executor other, ledger& book, std::uint64_t seed,
                                           time_point until);

}  // namespace coqmp::soak

#endif
