// A process that a listener expects, from before its start: it may connect before its number is known here.
#ifndef COQMP_SRC_PROCESS_EXPECTED_PROCESS_HPP
#define COQMP_SRC_PROCESS_EXPECTED_PROCESS_HPP

#include "process/process.hpp"

#include <memory>
#include <mutex>
#include <utility>

namespace coqmp::detail {

/// Safe to use from any thread. It never blocks.
class expected_process
{
public:
    /// Call this right before the process is started.
    void starting() noexcept { advance(stage::starting, nullptr); }

    /// The process has been started.
    void started(std::shared_ptr<child const> which) noexcept { advance(stage::decided, std::move(which)); }

    /// The process could not be started, or is no longer expected.
    void forget() noexcept { advance(stage::decided, nullptr); }

    /// Whether the process may have connected although its number is not known yet.
    [[nodiscard]] bool is_starting() const noexcept
    {
        std::scoped_lock const lock(mutex_);
        return stage_ == stage::starting;
    }

    /// None if the process has not been started.
    [[nodiscard]] std::shared_ptr<child const> process() const noexcept
    {
        std::scoped_lock const lock(mutex_);
        return process_;
    }

private:
    enum class stage { queued, starting, decided };

    void advance(stage next, std::shared_ptr<child const> which) noexcept
    {
        std::scoped_lock const lock(mutex_);
        if (stage_ == stage::decided)
            return;
        stage_ = next;
        process_ = std::move(which);
    }

    mutable std::mutex mutex_;
    stage stage_ = stage::queued;
    std::shared_ptr<child const> process_;
};

}  // namespace coqmp::detail

#endif
