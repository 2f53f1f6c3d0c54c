#include "protocol/output_buffer.hpp"

namespace coqmp::protocol {

bool output_buffer::sent(std::size_t bytes)
{
    total_ += bytes;
    sent_ += bytes;
    descriptors_.clear();
    if (sent_ < text_.size()) {
        // With a slow peer the buffer may never become empty. (This moves no more bytes than it drops, so it at most doubles the
        // work.)
        if (sent_ >= limit_ && sent_ >= text_.size() - sent_) {
            text_.erase(0, sent_);
            sent_ = 0;
        }
        return false;
    }
    // The memory is kept for the next commands, except after a large one.
    if (text_.capacity() > limit_)
        std::string().swap(text_);
    text_.clear();
    sent_ = 0;
    return true;
}

void output_buffer::reset() noexcept
{
    std::string().swap(text_);
    sent_ = 0;
    descriptors_.clear();
}

}  // namespace coqmp::protocol
