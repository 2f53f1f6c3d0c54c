// The messages that a server sends, as text: on one line, in ASCII, with QEMU's order of members and its line end.
#ifndef COQMP_SRC_PROTOCOL_SERVER_MESSAGE_HPP
#define COQMP_SRC_PROTOCOL_SERVER_MESSAGE_HPP

#include <coqmp/command_error.hpp>
#include <coqmp/event.hpp>
#include <coqmp/greeting.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace coqmp::protocol {

[[nodiscard]] std::string greeting_text(greeting const& what);

/// @param id as echoed_id() returns it; empty: the command had none
/// @param value the text of a JSON value, on one line
[[nodiscard]] std::string return_text(std::string_view id, std::string_view value);

[[nodiscard]] std::string error_text(std::string_view id, command_error const& error);

/// An event without data has no member `data`; one without a timestamp has -1, like QEMU's if the host's clock cannot be read.
[[nodiscard]] std::string event_text(event const& what);

}  // namespace coqmp::protocol

#endif
