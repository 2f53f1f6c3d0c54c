// Messages of QEMU's that can be passed on as they are, without a tree of their JSON: this saves a proxy most of its work.
#ifndef COQMP_SRC_PROTOCOL_PLAIN_MESSAGE_HPP
#define COQMP_SRC_PROTOCOL_PLAIN_MESSAGE_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

namespace coqmp::protocol {

/// `{"return": VALUE, "id": 5}`, or `{"return": VALUE}`
struct plain_reply
{
    std::uint64_t id = 0;    ///< 0: none
    std::string_view value;  ///< One JSON value in ASCII, without line ends. What is between its brackets was not checked.
};

/// `{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "NAME", "data": VALUE}`, or the same without data
struct plain_event
{
    std::string_view name;
    std::int64_t seconds = -1;
    std::int64_t microseconds = -1;
    std::string_view text;  ///< The whole message, with QEMU's line end.
};

struct plain_message
{
    std::variant<std::monostate, plain_reply, plain_event> what;
    std::size_t size = 0;  ///< How many bytes of the input it takes, including the line ends around it.
};

/// Looks for a complete message at the front of the input that has exactly the form in which QEMU writes it.
/// @return the message, with views of the input; std::monostate: there is none, or a decoder must read it
[[nodiscard]] plain_message find_plain_message(std::string_view input) noexcept;

}  // namespace coqmp::protocol

#endif
