// JSON as QEMU's monitor writes it: on one line, in ASCII, with a space after each comma and colon.
#ifndef COQMP_SRC_PROTOCOL_ASCII_JSON_HPP
#define COQMP_SRC_PROTOCOL_ASCII_JSON_HPP

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace coqmp::protocol {

/// Appends a value. Numbers are as short as they can be, so that 0.1 is not the 0.10000000000000001 of QEMU 7.2; infinity is 1e999.
void append_ascii(std::string& output, boost::json::value const& value);
/// Appends an object.
void append_ascii(std::string& output, boost::json::object const& object);
/// Appends a string. What is not UTF-8, and noncharacters, become U+FFFD.
void append_ascii_text(std::string& output, std::string_view text);

}  // namespace coqmp::protocol

#endif
