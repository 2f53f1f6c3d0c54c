// Turns commands into as few bytes as possible, because QEMU takes 11 µs to read each byte (measured with 7.2 and 10.0).
// Invariant: a rejected command leaves the output unchanged.
#ifndef COQMP_SRC_PROTOCOL_ENCODER_HPP
#define COQMP_SRC_PROTOCOL_ENCODER_HPP

#include <coqmp/command.hpp>

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace coqmp::protocol {

/// Appends `{"execute":NAME,"arguments":{..},"id":`, with `exec-oob` for an out-of-band command and without the member
/// `arguments` if there are none. The caller then calls append_id() or append_no_id(). Rejects a command that QEMU could not read
/// as one message: one with more than 1,024 levels of nesting (including the message itself), with more than 64 MiB or 2 Mi
/// tokens, with a number that JSON cannot represent, or with text that is not UTF-8 or has a Unicode noncharacter.
/// @return errc::arguments_too_deep, errc::arguments_too_large, errc::arguments_not_json, or success
[[nodiscard]] boost::system::error_code encode(command const& request, std::string& output);

/// The most bytes that append_id() appends.
constexpr std::size_t longest_id = sizeof "18446744073709551615}" - 1;

/// Appends `ID}`, once the command is sent and its id is known.
void append_id(std::uint64_t id, std::string& output);

/// Completes the command without an id. Does not throw.
void append_no_id(std::string& output);

}  // namespace coqmp::protocol

#endif
