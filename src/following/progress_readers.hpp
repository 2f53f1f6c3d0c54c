// The operations that wait for news of something that runs inside QEMU.
// Invariant: at most one of them waits for any news, and each piece of news is delivered to it once. The others wait for a goal.
#ifndef COQMP_SRC_FOLLOWING_PROGRESS_READERS_HPP
#define COQMP_SRC_FOLLOWING_PROGRESS_READERS_HPP

#include "following/waits.hpp"

#include <coqmp/error.hpp>

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace coqmp::detail {

/// Used on the executor only.
template <class Progress, class Goal>
class progress_readers
{
public:
    using pointer = std::shared_ptr<waiting_for_news<Progress, Goal>>;

    void add(pointer const& reader) { readers_.push_back(reader); }
    [[nodiscard]] bool empty() const noexcept { return readers_.empty(); }

    /// Whether one of them waits for any news.
    [[nodiscard]] bool has_watcher() const
    {
        return std::any_of(readers_.begin(), readers_.end(), [](pointer const& each) { return !each->goal; });
    }

    /// There is news for a reader.
    void have_news() noexcept { has_news_ = true; }

    /// One of them was cancelled. @return whether it still waited
    bool abort(pointer const& reader)
    {
        if (std::erase(readers_, reader) == 0)
            return false;
        reader->waiting.post(aborted(), Progress());
        return true;
    }

    /// All of them were cancelled.
    void abort_all()
    {
        for (pointer const& reader : release())
            reader->waiting.post(aborted(), Progress());
    }

    /// Completes those that have nothing left to wait for.
    /// @param has_reached whether a goal is reached
    template <class HasReached>
    void finish(Progress const& newest, bool has_ended, bool is_disconnected, HasReached has_reached)
    {
        bool const is_over = has_ended || is_disconnected;
        for (pointer const& reader : release()) {
            if (reader->goal && (is_over || has_reached(*reader->goal))) {
                reader->waiting.post(has_ended || !is_disconnected ? error_code() : make_error_code(errc::disconnected), newest);
            } else if (!reader->goal && has_news_) {
                has_news_ = false;
                reader->waiting.post(error_code(), newest);
            } else if (!reader->goal && is_over) {
                reader->waiting.post(make_error_code(errc::end_of_stream), Progress());
            } else {
                readers_.push_back(reader);
            }
        }
    }

    /// For the end of the execution context: they do not complete.
    [[nodiscard]] std::vector<pointer> release() noexcept { return std::exchange(readers_, {}); }

private:
    using error_code = boost::system::error_code;

    std::vector<pointer> readers_;
    bool has_news_ = false;  // that no reader has got
};

}  // namespace coqmp::detail

#endif
