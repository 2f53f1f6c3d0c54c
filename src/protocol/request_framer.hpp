// Finds the messages in what a client sends, whatever that is. Text that is not a message becomes an error, as QEMU reports it, and
// the next message is found.
// Invariant: what it keeps is bounded by its limits, however long the input is.
#ifndef COQMP_SRC_PROTOCOL_REQUEST_FRAMER_HPP
#define COQMP_SRC_PROTOCOL_REQUEST_FRAMER_HPP

#include "protocol/json_scanner.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace coqmp::protocol {

/// The limits of one message: those of QEMU 7.2.
struct framer_limits
{
    std::size_t max_token_bytes = std::size_t{64} << 20;  ///< Of all tokens together.
    std::size_t max_tokens = std::size_t{2} << 20;
    std::size_t max_nesting = 1024;
};

/// More bytes are needed.
struct incomplete_text
{
    friend bool operator==(incomplete_text, incomplete_text) = default;
};
/// The tokens of one value, with one space for any white space between them. Their order is not checked, so this need not be
/// JSON.
struct complete_text
{
    std::string_view tokens;  ///< Valid until the next call.
    friend bool operator==(complete_text const&, complete_text const&) = default;
};
/// The text was dropped.
struct malformed_text
{
    std::string why;  ///< QEMU's description.
    friend bool operator==(malformed_text const&, malformed_text const&) = default;
};
using framed_text = std::variant<incomplete_text, complete_text, malformed_text>;

class request_framer
{
public:
    explicit request_framer(framer_limits limits = {}) noexcept : limits_(limits) {}

    /// Removes bytes from the front of `input` until a value ends, until something is wrong, or until the input is empty.
    [[nodiscard]] framed_text take(std::string_view& input);

    /// Whether nothing has begun, so that the next byte is the first one of a message.
    [[nodiscard]] bool is_between_messages() const noexcept { return (text_.empty() || is_over_) && scanner_.is_at_start(); }
    [[nodiscard]] framer_limits const& limits() const noexcept { return limits_; }

    /// Frees the text that take() returned, which is otherwise kept until the next call.
    void release() noexcept;

    /// The memory that is kept, in bytes.
    [[nodiscard]] std::size_t memory_size() const noexcept { return text_.capacity(); }

private:
    void take_string_run(std::string_view& input);
    void end_space();
    std::optional<framed_text> end_token(token_kind kind);
    framed_text fail(std::string why);
    void count_nesting(token_kind kind) noexcept;
    [[nodiscard]] bool is_complete() const noexcept;
    [[nodiscard]] char const* exceeded_limit(std::size_t token_size) const noexcept;

    framer_limits limits_;
    json_scanner scanner_;
    std::string text_;             // the tokens so far, including the one that has begun
    std::size_t token_begin_ = 0;  // in the text
    bool is_over_ = false;         // whether the text was returned

    std::size_t tokens_ = 0;
    std::size_t token_bytes_ = 0;
    // QEMU counts them apart, so that `[{]}` is one (malformed) message.
    std::ptrdiff_t braces_ = 0;
    std::ptrdiff_t brackets_ = 0;
};

}  // namespace coqmp::protocol

#endif
