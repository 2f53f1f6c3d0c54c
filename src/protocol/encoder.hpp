// Commands to bytes, as few as possible: QEMU takes 11 µs to read each one (measured, 7.2 and 10.0).
// Invariant: what is refused leaves the output as it was.
#ifndef COQMP_SRC_PROTOCOL_ENCODER_HPP
#define COQMP_SRC_PROTOCOL_ENCODER_HPP

#include <coqmp/command.hpp>

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace coqmp::protocol {

/// Appends `{"execute":NAME,"arguments":{..},"id":` (`exec-oob` for an out-of-band command; no arguments: no member), after
/// which append_id() or append_no_id() is to come. Rejects a command that QEMU could not read as one message: over 1,024 levels
/// of nesting (the message's own included), over 64 MiB or 2 Mi tokens, a number that JSON cannot say, a text that is not
/// UTF-8.
/// @return errc::arguments_too_deep, errc::arguments_too_large, errc::arguments_not_json, or success
[[nodiscard]] boost::system::error_code encode(command const& what, std::string& output);

/// What append_id() appends at most.
constexpr std::size_t longest_id = sizeof "18446744073709551615}" - 1;

/// Appends `ID}`: which one is known when the command is sent.
void append_id(std::uint64_t id, std::string& output);

/// Ends the command without an id. Does not throw.
void append_no_id(std::string& output);

}  // namespace coqmp::protocol

#endif
