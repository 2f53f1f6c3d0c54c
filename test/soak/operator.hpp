// An operator who starts, uses, abuses and stops real machines.
#ifndef COQMP_TEST_SOAK_OPERATOR_HPP
#define COQMP_TEST_SOAK_OPERATOR_HPP

#include "ledger.hpp"

#include <coqmp/listener.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>

namespace coqmp::soak {

/// Runs one QEMU after the other, until this time. @param door the listener to which every other QEMU connects
boost::asio::awaitable<void> operate_machines(listener& door, ledger& book, std::uint64_t seed,
                                              std::chrono::steady_clock::time_point until);

}  // namespace coqmp::soak

#endif
