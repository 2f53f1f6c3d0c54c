// Turns bytes into messages. Finds the end of a message by the structure of its JSON, so that line ends, pretty printing and
// segment boundaries do not matter.
// Invariant: after an error nothing more is decoded.
#ifndef COQMP_SRC_PROTOCOL_DECODER_HPP
#define COQMP_SRC_PROTOCOL_DECODER_HPP

#include "protocol/message.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace coqmp::protocol {

/// The limits of one message. A size of zero means no limit.
struct decoder_limits
{
    std::size_t max_message_size = std::size_t{64} << 20;
    std::size_t max_nesting = 1024;
};

/// What ends a message.
enum class framing {
    structure,  ///< The last brace of the object.
    /// Also the byte 0xFF, which a guest agent sends before an answer: a message that it interrupts is dropped. A line feed ends
    /// only text that is not JSON.
    delimited
};

/// Reads messages from a stream of bytes.
class decoder
{
public:
    explicit decoder(decoder_limits limits = {}, framing mode = framing::structure);
    decoder(decoder&&) noexcept;
    decoder& operator=(decoder&&) noexcept;
    ~decoder();

    /// Removes bytes from the front of `input` until a message is complete or the input is empty.
    /// @return no_message if more bytes are needed (then `input` is empty) or decoding has failed (then error() is set)
    message decode(std::string_view& input);

    /// Determines whether text that is not JSON becomes an unknown message, which ends with its line or at a 0xFF, instead of an
    /// error. Only for framing::delimited.
    void tolerate_garbage(bool tolerate) noexcept;

    /// errc::not_json, errc::message_too_large or errc::nested_too_deep, once the rest of the stream cannot be decoded.
    [[nodiscard]] boost::system::error_code error() const noexcept;

    /// Whether a message has begun and not ended. A stream that ends here was truncated.
    [[nodiscard]] bool inside_message() const noexcept;

    /// The memory that the JSON of the last message takes, in bytes.
    [[nodiscard]] std::size_t last_message_memory() const noexcept;

private:
    struct parser;
    std::unique_ptr<parser> parser_;
};

}  // namespace coqmp::protocol

#endif
