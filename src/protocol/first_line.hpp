// The first line of a connection that an earlier client has used. It may be the end of a message whose beginning that client has
// read.
// Invariant: only a line that is one whole message counts as a message.
#ifndef COQMP_SRC_PROTOCOL_FIRST_LINE_HPP
#define COQMP_SRC_PROTOCOL_FIRST_LINE_HPP

#include "protocol/decoder.hpp"

#include <string>
#include <string_view>

namespace coqmp::protocol {

/// Collects one line, if it can be a message. QEMU ends each message with a line end (unless it prints them `pretty`).
class first_line
{
public:
    explicit first_line(decoder_limits limits) noexcept : limits_(limits) {}

    /// Removes bytes of the line from the front of the input. @return whether the line has ended
    bool take(std::string_view& input);
    [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }

    /// Whether a complete line is one JSON object. The end of a message is not: at least the last brace of the message follows each
    /// object in it.
    [[nodiscard]] bool is_message() const;
    [[nodiscard]] std::string const& text() const noexcept { return text_; }

private:
    decoder_limits limits_;
    std::string text_;  ///< From the brace on.
    bool is_complete_ = false;
    bool is_dropped_ = false;  ///< It is not a message.
};

}  // namespace coqmp::protocol

#endif
