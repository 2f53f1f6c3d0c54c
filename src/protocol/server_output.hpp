// The bytes that a server sends to a client, and the descriptors that go with some of them.
// Invariant: descriptors are offered together with the first byte of their message, and with no byte before it.
#ifndef COQMP_SRC_PROTOCOL_SERVER_OUTPUT_HPP
#define COQMP_SRC_PROTOCOL_SERVER_OUTPUT_HPP

#include <coqmp/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::protocol {

class server_output
{
public:
    /// Appends a message.
    void append(std::string_view text, std::vector<descriptor> descriptors = {});

    /// The bytes to send next. They end before the next message that has descriptors.
    [[nodiscard]] std::string_view unsent() const noexcept;
    /// The descriptors to send with the first of these bytes.
    [[nodiscard]] std::span<descriptor const> descriptors() const noexcept;
    /// These bytes were sent, with the descriptors.
    void sent(std::size_t bytes) noexcept;

    /// All bytes that were not sent.
    [[nodiscard]] std::size_t size() const noexcept { return text_.size() - sent_; }

private:
    struct attachment
    {
        std::uint64_t position;  ///< of the message's first byte, counted from the first byte of the connection
        std::vector<descriptor> descriptors;
    };

    [[nodiscard]] bool is_next(attachment const& which) const noexcept { return which.position == total_; }

    std::string text_;
    std::size_t sent_ = 0;     // of the text
    std::uint64_t total_ = 0;  // of the connection
    std::deque<attachment> attachments_;
};

}  // namespace coqmp::protocol

#endif
