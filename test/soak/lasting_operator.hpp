// An operator who releases machines and adopts them again, and checks that there is one QEMU for each record all the time.
#ifndef COQMP_TEST_SOAK_LASTING_OPERATOR_HPP
#define COQMP_TEST_SOAK_LASTING_OPERATOR_HPP

#include "ledger.hpp"
#include "operation.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>

namespace coqmp::soak {

/// Launches, releases, adopts and ends one QEMU after the other, until this time.
boost::asio::awaitable<void> operate_lasting_machines(ledger& book, std::uint64_t seed, time_point until);

}  // namespace coqmp::soak

#endif
