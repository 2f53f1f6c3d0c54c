// One decoded message from the peer: the envelope as plain values, the payload as JSON.
#ifndef COQMP_SRC_PROTOCOL_MESSAGE_HPP
#define COQMP_SRC_PROTOCOL_MESSAGE_HPP

#include <coqmp/command_error.hpp>
#include <coqmp/event.hpp>
#include <coqmp/greeting.hpp>

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <variant>

namespace coqmp::protocol {

/// An id that this library never sends, so it can only be another client's.
struct foreign_id
{
    friend bool operator==(foreign_id, foreign_id) = default;
};
/// The id of a reply: none, a number (a command's), a string (the handshake's), or a foreign id.
using message_id = std::variant<std::monostate, std::uint64_t, std::string, foreign_id>;

/// `{"return": ..., "id": ...}`
struct return_message
{
    message_id id;
    boost::json::value value;
    friend bool operator==(return_message const&, return_message const&) = default;
};

/// `{"error": {"class": ..., "desc": ...}, "id": ...}`
struct error_message
{
    message_id id;
    command_error error;
    friend bool operator==(error_message const&, error_message const&) = default;
};

/// An object that is none of the other messages, or is one of them with a member of the wrong type.
struct unknown_message
{
    std::string why;  ///< for the log; never contains values from the message
    friend bool operator==(unknown_message const&, unknown_message const&) = default;
};

/// No message is complete yet: more bytes are needed.
struct no_message
{
    friend bool operator==(no_message, no_message) = default;
};

using message = std::variant<no_message, return_message, error_message, event, greeting, unknown_message>;

}  // namespace coqmp::protocol

#endif
