// A client's command in the form that almost every client uses. It is read in one pass, at a third of the cost of the general
// way.
#ifndef COQMP_SRC_PROTOCOL_PLAIN_REQUEST_HPP
#define COQMP_SRC_PROTOCOL_PLAIN_REQUEST_HPP

#include "protocol/client_command.hpp"
#include "protocol/request_framer.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace coqmp::protocol {

struct plain_request
{
    client_command command;
    std::string_view id;   ///< As it goes into the answer; empty: none.
    std::size_t size = 0;  ///< How many bytes of the input it takes.
};

/// Looks for a complete command at the front of the input: an object with `execute` (or `exec-oob`) and perhaps `arguments` and `id`,
/// in any order; the id is a number or a string, and neither it nor the name has escapes. For such a command, request_framer,
/// parse_request() and check_request() have the same result.
/// @param limits of a message
/// @param out_of_band whether the client has negotiated out-of-band commands
/// @return the command, with views of the input; nothing: there is none, and those three must read the input
[[nodiscard]] std::optional<plain_request> find_plain_request(std::string_view input, framer_limits const& limits,
                                                              bool out_of_band);

}  // namespace coqmp::protocol

#endif
