#include "protocol/server_output.hpp"

#include <utility>

namespace coqmp::protocol {

namespace {

/// Memory that is kept for the next messages.
constexpr std::size_t most_output_kept = 4096;

}  // namespace

void server_output::append(std::string_view text, std::vector<descriptor> descriptors)
{
    std::uint64_t const position = total_ + size();
    if (descriptors.empty()) {
        text_ += text;
        return;
    }
    attachments_.push_back({position, std::move(descriptors)});
    try {
        text_ += text;
    } catch (...) {
        attachments_.pop_back();
        throw;
    }
}

std::string_view server_output::unsent() const noexcept
{
    std::string_view const all = std::string_view(text_).substr(sent_);
    for (attachment const& each : attachments_)
        if (!is_next(each))
            return all.substr(0, static_cast<std::size_t>(each.position - total_));
    return all;
}

std::span<descriptor const> server_output::descriptors() const noexcept
{
    if (attachments_.empty() || !is_next(attachments_.front()))
        return {};
    return attachments_.front().descriptors;
}

void server_output::sent(std::size_t bytes) noexcept
{
    if (bytes == 0)
        return;
    if (!attachments_.empty() && is_next(attachments_.front()))
        attachments_.pop_front();
    total_ += bytes;
    sent_ += bytes;
    if (sent_ == text_.size()) {
        if (text_.capacity() > most_output_kept)
            std::string().swap(text_);
        text_.clear();
        sent_ = 0;
    } else if (sent_ >= most_output_kept && sent_ >= text_.size() - sent_) {
        // With a slow client the output may never become empty. (This moves no more bytes than it drops.)
        text_.erase(0, sent_);
        sent_ = 0;
    }
}

}  // namespace coqmp::protocol
