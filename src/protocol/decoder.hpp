// Bytes to messages. Frames by the structure of JSON, so that line ends, pretty printing and splits do not matter.
// Invariant: after an error nothing more is decoded.
#ifndef COQMP_SRC_PROTOCOL_DECODER_HPP
#define COQMP_SRC_PROTOCOL_DECODER_HPP

#include "protocol/message.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace coqmp::protocol {

/// What a peer may send at most. Zero: no limit (of the size).
struct decoder_limits
{
    std::size_t max_message_size = std::size_t{64} << 20;
    std::size_t max_nesting = 1024;
};

/// What ends a message.
enum class framing {
    structure,  ///< The last brace of the object.
    /// Also the byte 0xFF, with which a guest agent begins an answer: a message that it interrupts is dropped. A line feed ends
    /// only text that is not JSON.
    delimited
};

/// Reads messages from a stream of bytes.
class decoder
{
public:
    explicit decoder(decoder_limits limits = {}, framing how = framing::structure);
    decoder(decoder&&) noexcept;
    decoder& operator=(decoder&&) noexcept;
    ~decoder();

    /// Takes bytes off the front of `input` until a message is complete or the input is used up.
    /// @return no_message if more is needed (then `input` is empty, or error() is set)
    message decode(std::string_view& input);

    /// From now on, text that is not JSON is an unknown message up to the end of its line or a 0xFF, and not an error. Only for
    /// framing::delimited.
    void tolerate_garbage(bool tolerate) noexcept;

    /// errc::not_json, errc::message_too_large or errc::nested_too_deep, once the stream cannot be read on.
    [[nodiscard]] boost::system::error_code error() const noexcept;

    /// Whether a message has begun and not ended: the difference between an end and a cut.
    [[nodiscard]] bool inside_message() const noexcept;

    /// How much memory the JSON of the last message takes, in bytes.
    [[nodiscard]] std::size_t last_message_memory() const noexcept;

private:
    struct parser;
    std::unique_ptr<parser> parser_;
};

}  // namespace coqmp::protocol

#endif
