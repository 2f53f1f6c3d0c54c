// The steps of which the longer operations of a guest agent consist, as coroutines that throw.
#ifndef COQMP_SRC_GUEST_AGENT_CALLS_HPP
#define COQMP_SRC_GUEST_AGENT_CALLS_HPP

#include "guest_agent/guest_agent_impl.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace coqmp::detail {

/// Executes a command. @throws command_failed, boost::system::system_error
[[nodiscard]] boost::asio::awaitable<boost::json::value> call(guest_agent_impl::pointer impl, command what);

/// Opens a file in the guest; the agent's state then knows it as open. @return its handle
[[nodiscard]] boost::asio::awaitable<std::int64_t> call_open(guest_agent_impl::pointer impl, std::string path, std::string mode);

/// Closes a file in the guest, also if it is cancelled.
[[nodiscard]] boost::asio::awaitable<void> call_close(guest_agent_impl::pointer impl, std::int64_t handle);

/// Freezes the guest. @return the number of file systems
[[nodiscard]] boost::asio::awaitable<std::int64_t> call_freeze(guest_agent_impl::pointer impl, command what,
                                                               freeze_state::ticket holder, std::chrono::nanoseconds limit);

/// Thaws the guest. @return the number of file systems
[[nodiscard]] boost::asio::awaitable<std::int64_t> call_thaw(guest_agent_impl::pointer impl, freeze_state::ticket holder);

/// Waits, by the clock of the agent's executor.
[[nodiscard]] boost::asio::awaitable<void> pause(guest_agent_impl::pointer impl, std::chrono::nanoseconds duration);

}  // namespace coqmp::detail

#endif
