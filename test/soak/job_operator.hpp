// An operator who starts jobs in real machines, controls them at random moments, and leaves none behind.
#ifndef COQMP_TEST_SOAK_JOB_OPERATOR_HPP
#define COQMP_TEST_SOAK_JOB_OPERATOR_HPP

#include "ledger.hpp"
#include "operation.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>

namespace coqmp::soak {

/// Runs jobs in one QEMU after the other, until this time.
boost::asio::awaitable<void> operate_jobs(ledger& book, std::uint64_t seed, time_point until);

}  // namespace coqmp::soak

#endif
