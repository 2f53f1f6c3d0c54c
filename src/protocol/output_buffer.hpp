// The bytes to send next, and the descriptors that go with them.
#ifndef COQMP_SRC_PROTOCOL_OUTPUT_BUFFER_HPP
#define COQMP_SRC_PROTOCOL_OUTPUT_BUFFER_HPP

#include <coqmp/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp::protocol {

class output_buffer
{
public:
    /// @param limit in bytes: with more than this the buffer is full
    explicit output_buffer(std::size_t limit) noexcept : limit_(limit) {}

    /// To append commands to. It may begin with bytes that were sent already.
    [[nodiscard]] std::string& text() noexcept { return text_; }
    [[nodiscard]] std::string const& text() const noexcept { return text_; }

    [[nodiscard]] std::string_view unsent() const noexcept { return std::string_view(text_).substr(sent_); }
    [[nodiscard]] bool is_full() const noexcept { return text_.size() - sent_ >= limit_; }

    /// The descriptors to send with the first of these bytes.
    [[nodiscard]] std::vector<descriptor>& descriptors() noexcept { return descriptors_; }
    [[nodiscard]] std::span<descriptor const> descriptors() const noexcept { return descriptors_; }

    /// How many bytes will have been sent in total once all of these are.
    [[nodiscard]] std::uint64_t end() const noexcept { return total_ + (text_.size() - sent_); }
    [[nodiscard]] std::uint64_t total_sent() const noexcept { return total_; }

    /// These bytes were sent, with the descriptors. @return whether nothing is left
    bool sent(std::size_t bytes);

    void reset() noexcept;

private:
    std::size_t limit_;
    std::string text_;
    std::size_t sent_ = 0;
    std::uint64_t total_ = 0;
    std::vector<descriptor> descriptors_;
};

}  // namespace coqmp::protocol

#endif
