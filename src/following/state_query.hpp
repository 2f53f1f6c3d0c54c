// A question to QEMU about how far a job or a migration is.
// Invariant: one question is under way at a time.
#ifndef COQMP_SRC_FOLLOWING_STATE_QUERY_HPP
#define COQMP_SRC_FOLLOWING_STATE_QUERY_HPP

#include <cstdint>
#include <utility>

namespace coqmp::detail {

class state_query
{
public:
    void want() noexcept { is_wanted_ = true; }

    /// If it is wanted, it is from now on under way.
    [[nodiscard]] bool ask() noexcept
    {
        if (!std::exchange(is_wanted_, false))
            return false;
        is_under_way_ = true;
        events_when_asked_ = events_;
        return true;
    }

    [[nodiscard]] bool is_under_way() const noexcept { return is_under_way_; }

    /// The answer has come, or will never come. @return whether it was under way
    bool end() noexcept { return std::exchange(is_under_way_, false); }

    void count_event() noexcept { ++events_; }

    /// Whether events have come since the last question: they may be newer than its answer.
    [[nodiscard]] bool is_overtaken() const noexcept { return events_ != events_when_asked_; }

private:
    bool is_wanted_ = false;
    bool is_under_way_ = false;
    std::uint64_t events_ = 0;
    std::uint64_t events_when_asked_ = 0;
};

}  // namespace coqmp::detail

#endif
