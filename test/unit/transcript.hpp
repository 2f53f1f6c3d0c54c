// The messages that a decoder finds in a stream of bytes, as lines of text that tests compare.
#ifndef COQMP_TEST_UNIT_TRANSCRIPT_HPP
#define COQMP_TEST_UNIT_TRANSCRIPT_HPP

#include "protocol/decoder.hpp"

#include <coqmp/error.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace coqmp::protocol {

inline std::string describe(message_id const& id)
{
    if (std::holds_alternative<std::monostate>(id))
        return "without id";
    if (auto const* number = std::get_if<std::uint64_t>(&id))
        return std::to_string(*number);
    if (auto const* text = std::get_if<std::string>(&id))
        return "'" + *text + "'";
    return "foreign";
}

inline std::string describe(message const& what)
{
    std::ostringstream out;
    if (auto const* returned = std::get_if<return_message>(&what)) {
        out << "return " << describe(returned->id) << ' ' << boost::json::serialize(returned->value);
    } else if (auto const* error = std::get_if<error_message>(&what)) {
        out << "error " << describe(error->id) << ' ' << error->error;
    } else if (auto const* happened = std::get_if<event>(&what)) {
        out << "event " << happened->name << ' ' << boost::json::serialize(happened->data);
        if (happened->timestamp)
            out << " at "
                << std::chrono::duration_cast<std::chrono::microseconds>(happened->timestamp->time_since_epoch()).count()
                << " us";
    } else if (auto const* hello = std::get_if<greeting>(&what)) {
        out << "greeting " << hello->version;
        for (std::string const& capability : hello->capabilities)
            out << " +" << capability;
    } else if (auto const* unknown = std::get_if<unknown_message>(&what)) {
        out << "unknown: " << unknown->why;
    } else {
        out << "nothing";
    }
    return out.str();
}

/// All messages of a stream, and the error if it ended with one.
using transcript = std::vector<std::string>;

/// Feeds one part. The bytes are freed when this function returns, like a socket's buffer.
inline void feed(decoder& target, std::string part, transcript& seen)
{
    std::string_view input = part;
    while (!input.empty() && !target.error()) {
        message const next = target.decode(input);
        if (!std::holds_alternative<no_message>(next))
            seen.push_back(describe(next));
    }
    if (target.error())
        seen.push_back("fails: " + target.error().message());
    std::fill(part.begin(), part.end(), '#');
}

/// Feeds the parts one after the other, up to an error.
inline transcript decode_parts(std::vector<std::string_view> const& parts, decoder_limits limits = {})
{
    decoder target(limits);
    transcript seen;
    for (std::string_view part : parts)
        if (!target.error())
            feed(target, std::string(part), seen);
    return seen;
}

inline transcript decode_whole(std::string_view bytes, decoder_limits limits = {})
{
    return decode_parts({bytes}, limits);
}

inline transcript decode_each_byte(std::string_view bytes, decoder_limits limits = {})
{
    std::vector<std::string_view> parts;
    for (std::size_t index = 0; index < bytes.size(); ++index)
        parts.push_back(bytes.substr(index, 1));
    return decode_parts(parts, limits);
}

inline std::string fails(errc reason)
{
    return "fails: " + make_error_code(reason).message();
}

}  // namespace coqmp::protocol

#endif
