#include "protocol/envelope_reader.hpp"

namespace coqmp::protocol {

message envelope_reader::finish_message(std::size_t size)
{
    // After a larger one the envelope and the stack of the payloads are freed, because they cannot shrink.
    constexpr std::size_t large_message = std::size_t{64} << 10;
    bool const is_large = size > large_message;
    payload_.end_message(is_large);
    message finished = envelope_.finish();
    if (is_large)
        envelope_ = envelope();
    text_.free_large_buffer();
    number_.free_large_buffer();
    return finished;
}

void envelope_reader::drop_message() noexcept
{
    payload_.drop_message();
    envelope_ = envelope();
    text_.drop();
}

}  // namespace coqmp::protocol
