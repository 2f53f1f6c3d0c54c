// What any thread may read and set of something that is followed on an executor.
// Invariant: one mutex protects it all.
#ifndef COQMP_SRC_FOLLOWING_PUBLISHED_PROGRESS_HPP
#define COQMP_SRC_FOLLOWING_PUBLISHED_PROGRESS_HPP

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

namespace coqmp::detail {

/// The newest progress, and how often to ask for it while it is watched.
template <class Progress>
class published_progress
{
public:
    [[nodiscard]] Progress newest() const
    {
        std::scoped_lock const lock(protection_);
        return newest_;
    }

    /// @return the previous progress
    Progress publish(Progress const& next)
    {
        std::scoped_lock const lock(protection_);
        return std::exchange(newest_, next);
    }

    [[nodiscard]] std::chrono::nanoseconds interval() const
    {
        std::scoped_lock const lock(protection_);
        return interval_;
    }

    void set_interval(std::chrono::nanoseconds interval)
    {
        std::scoped_lock const lock(protection_);
        interval_ = std::max<std::chrono::nanoseconds>(interval, std::chrono::milliseconds(1));
    }

private:
    mutable std::mutex protection_;
    Progress newest_;
    std::chrono::nanoseconds interval_ = std::chrono::milliseconds(500);
};

}  // namespace coqmp::detail

#endif
