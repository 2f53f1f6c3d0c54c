// Whether a client's message has the form of a command, and QEMU's words if it does not.
#ifndef COQMP_SRC_PROTOCOL_REQUEST_CHECK_HPP
#define COQMP_SRC_PROTOCOL_REQUEST_CHECK_HPP

#include "protocol/client_command.hpp"

#include <coqmp/command_error.hpp>

#include <boost/json/value.hpp>

#include <string_view>
#include <variant>

namespace coqmp::protocol {

/// Whether QEMU handles the message at once instead of in order, even if it then finds that it is malformed.
[[nodiscard]] bool overtakes_others(boost::json::value const& received) noexcept;

/// Takes the command out of a message. If several things are wrong, QEMU reports whichever its hash table has first; this function
/// reports unknown members first, and then `exec-oob`, `execute` and `arguments`, which is QEMU's order for those three.
/// @param out_of_band whether the client has negotiated out-of-band commands
[[nodiscard]] std::variant<client_command, command_error> check_request(boost::json::value&& received, bool out_of_band);

/// QEMU's refusal of a command that it does not have.
[[nodiscard]] command_error unknown_command(std::string_view name);
/// QEMU's refusal to execute a command out of band.
[[nodiscard]] command_error not_out_of_band(std::string_view name);
/// QEMU's refusal of an argument that a command does not have.
[[nodiscard]] command_error unexpected_argument(std::string_view name);

}  // namespace coqmp::protocol

#endif
