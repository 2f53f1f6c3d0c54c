// Runs a program in a guest: starts it, and asks until it has ended.
#ifndef COQMP_SRC_GUEST_AGENT_EXEC_HPP
#define COQMP_SRC_GUEST_AGENT_EXEC_HPP

#include "guest_agent/guest_agent_impl.hpp"

#include <coqmp/guest_program.hpp>
#include <coqmp/guest_program_result.hpp>

#include <boost/asio/awaitable.hpp>

namespace coqmp::detail {

/// The command that starts the program.
[[nodiscard]] command exec_command(guest_program const& program);

/// @throws command_failed, boost::system::system_error
[[nodiscard]] boost::asio::awaitable<guest_program_result> run_program(guest_agent_impl::pointer impl, guest_program program);

}  // namespace coqmp::detail

#endif
