// The end of a text that comes in pieces.
// Invariant: never holds more than twice its limit.
#ifndef COQMP_SRC_PROCESS_STDERR_TAIL_HPP
#define COQMP_SRC_PROCESS_STDERR_TAIL_HPP

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace coqmp::detail {

/// Keeps the last bytes of what a process wrote. Safe from any thread.
class stderr_tail
{
public:
    explicit stderr_tail(std::size_t limit) noexcept : limit_(limit) {}

    void append(std::string_view piece)
    {
        std::scoped_lock const lock(mutex_);
        if (piece.size() > limit_) {
            cut_ = true;
            piece.remove_prefix(piece.size() - limit_);
        }
        text_.append(piece);
        if (text_.size() > 2 * limit_) {
            cut_ = true;
            text_.erase(0, text_.size() - limit_);
        }
    }

    /// At most `limit` bytes; if something before them was dropped they begin with a whole line, when there is one.
    [[nodiscard]] std::string text() const
    {
        std::scoped_lock const lock(mutex_);
        bool const cut = cut_ || text_.size() > limit_;
        std::string_view end = text_;
        if (end.size() > limit_)
            end.remove_prefix(end.size() - limit_);
        std::size_t const line = end.find('\n');
        if (cut && line != std::string_view::npos && line + 1 < end.size())
            end.remove_prefix(line + 1);
        return std::string(end);
    }

private:
    std::size_t const limit_;
    mutable std::mutex mutex_;
    std::string text_;
    bool cut_ = false;
};

}  // namespace coqmp::detail

#endif
