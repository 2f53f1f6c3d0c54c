// Base64 (RFC 4648, section 4), in which the guest agent carries bytes.
#ifndef COQMP_SRC_GUEST_AGENT_BASE64_HPP
#define COQMP_SRC_GUEST_AGENT_BASE64_HPP

#include <optional>
#include <string>
#include <string_view>

namespace coqmp::detail {

/// @return the text, with padding and without line ends
[[nodiscard]] std::string encode_base64(std::string_view bytes);

/// Accepts exactly the texts that encode_base64() returns: with padding, without line ends, and with zero in the bits that the last
/// character does not need.
/// @return the bytes; none if the text is not such a text
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace coqmp::detail

#endif
