// When a message ends, and which errors there are, is as measured with QEMU 7.2.22 (`-M none`): `]`, `,` and `[}` are complete
// messages (that the parser rejects), and level 1,025 drops what came before and begins anew with the next token.
#include "protocol/request_framer.hpp"

#include <algorithm>
#include <utility>

namespace coqmp::protocol {

namespace {

/// A buffer that is larger is freed after its message.
constexpr std::size_t most_text_kept = 4096;

/// QEMU repeats up to 64 MiB of malformed text; it cuts its other descriptions at 1,023 bytes.
constexpr std::size_t most_text_repeated = 1023;

/// The part of malformed text that its error repeats: as in QEMU, only what is before a NUL.
std::string_view repeated(std::string_view text) noexcept
{
    return text.substr(0, std::min(text.find('\0'), most_text_repeated));
}

}  // namespace

framed_text request_framer::take(std::string_view& input)
{
    if (is_over_)
        release();
    while (!input.empty()) {
        if (scanner_.is_in_string()) {
            take_string_run(input);
            if (input.empty())
                break;
        }
        char const byte = input.front();
        auto const [ended, used] = scanner_.take(byte);
        if (used)
            input.remove_prefix(1);
        if (ended == token_kind::outside) {
            end_space();
            continue;
        }
        if (used)
            text_ += byte;
        if (ended == token_kind::none && text_.size() - token_begin_ <= limits_.max_token_bytes)
            continue;
        if (auto result = end_token(ended))
            return *std::move(result);
    }
    return incomplete_text{};
}

/// A byte belongs to no token.
void request_framer::end_space()
{
    if (!text_.empty() && text_.back() != ' ')
        text_ += ' ';
    token_begin_ = text_.size();
}

void request_framer::release() noexcept
{
    is_over_ = false;
    if (text_.capacity() > most_text_kept)
        std::string().swap(text_);
    text_.clear();
    token_begin_ = 0;
    tokens_ = 0;
    token_bytes_ = 0;
    braces_ = 0;
    brackets_ = 0;
}

void request_framer::take_string_run(std::string_view& input)
{
    std::size_t const size = text_.size() - token_begin_;
    std::size_t const run =
        std::min(scanner_.string_run(input), limits_.max_token_bytes - std::min(size, limits_.max_token_bytes));
    text_.append(input.substr(0, run));
    input.remove_prefix(run);
}

/// @return nothing if the message goes on
std::optional<framed_text> request_framer::end_token(token_kind kind)
{
    std::string_view const token = std::string_view(text_).substr(token_begin_);
    count_nesting(kind);
    if (kind == token_kind::malformed)
        return fail("JSON parse error, stray '" + std::string(repeated(token)) + "'");
    if (char const* limit = exceeded_limit(token.size())) {
        scanner_.reset();
        return fail(limit);
    }
    ++tokens_;
    token_bytes_ += token.size();
    token_begin_ = text_.size();
    if (!is_complete())
        return std::nullopt;
    is_over_ = true;
    return complete_text{text_};
}

framed_text request_framer::fail(std::string why)
{
    release();
    return malformed_text{std::move(why)};
}

void request_framer::count_nesting(token_kind kind) noexcept
{
    switch (kind) {
        case token_kind::open_brace:
            ++braces_;
            break;
        case token_kind::close_brace:
            --braces_;
            break;
        case token_kind::open_bracket:
            ++brackets_;
            break;
        case token_kind::close_bracket:
            --brackets_;
            break;
        default:
            break;
    }
}

bool request_framer::is_complete() const noexcept
{
    return braces_ < 0 || brackets_ < 0 || (braces_ == 0 && brackets_ == 0);
}

char const* request_framer::exceeded_limit(std::size_t token_size) const noexcept
{
    if (token_bytes_ + token_size >= limits_.max_token_bytes)
        return "JSON token size limit exceeded";
    if (tokens_ + 1 > limits_.max_tokens)
        return "JSON token count limit exceeded";
    if (braces_ + brackets_ > static_cast<std::ptrdiff_t>(limits_.max_nesting))
        return "JSON nesting depth limit exceeded";
    return nullptr;
}

}  // namespace coqmp::protocol
