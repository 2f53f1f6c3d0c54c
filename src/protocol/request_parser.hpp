// Turns the tokens of one message into a value, by QEMU's rules and with its descriptions of what is wrong.
#ifndef COQMP_SRC_PROTOCOL_REQUEST_PARSER_HPP
#define COQMP_SRC_PROTOCOL_REQUEST_PARSER_HPP

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <variant>

namespace coqmp::protocol {

/// A message that QEMU accepts as JSON.
struct parsed_text
{
    boost::json::value value;
    std::string_view id;  ///< The text of the outer object's member `id`; empty if it has none.
};

/// Parses the tokens that request_framer found. The framer bounds the nesting, and therefore the use of the stack.
/// @return the value, with a view of `tokens`, or QEMU's description of the first error
[[nodiscard]] std::variant<parsed_text, std::string> parse_request(std::string_view tokens);

/// The id as it goes into the answer: byte for byte as the client wrote it. (White space was reduced to single spaces before.) Only a
/// string that is not JSON, or not ASCII, is written as QEMU writes it, because an answer is JSON in ASCII.
/// @param id a value that parse_request() accepted
[[nodiscard]] std::string echoed_id(std::string_view id);

}  // namespace coqmp::protocol

#endif
