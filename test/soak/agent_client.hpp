// A guest agent under heavy use, with a fake agent that fails in all ways. No guest and no real agent is involved.
#ifndef COQMP_TEST_SOAK_AGENT_CLIENT_HPP
#define COQMP_TEST_SOAK_AGENT_CLIENT_HPP

#include "ledger.hpp"
#include "operation.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>

namespace coqmp::soak {

/// Connects to one fake agent after the other, until this time.
boost::asio::awaitable<void> talk_to_fake_agents(ledger& book, std::uint64_t seed, time_point until);

}  // namespace coqmp::soak

#endif
