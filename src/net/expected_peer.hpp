// A peer that is expected, from before its process is started: it may connect before its number is known here.
#ifndef COQMP_SRC_NET_EXPECTED_PEER_HPP
#define COQMP_SRC_NET_EXPECTED_PEER_HPP

#include <sys/types.h>

#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace coqmp::detail {

/// Safe to use from any thread. It never blocks.
class expected_peer
{
public:
    /// Call this right before the process is started.
    void starting() noexcept { advance(stage::starting, std::nullopt, nullptr); }

    /// The process has been started.
    /// @param is_reaped from when this is true the number may belong to another process
    void started(::pid_t process, std::function<bool()> is_reaped) noexcept
    {
        advance(stage::decided, process, std::move(is_reaped));
    }

    /// The process could not be started, or is no longer expected.
    void forget() noexcept { advance(stage::decided, std::nullopt, nullptr); }

    /// Whether the process may have connected although its number is not known yet.
    [[nodiscard]] bool is_starting() const noexcept
    {
        std::scoped_lock const lock(mutex_);
        return stage_ == stage::starting;
    }

    /// None if the process has not been started.
    [[nodiscard]] std::optional<::pid_t> process() const noexcept
    {
        std::scoped_lock const lock(mutex_);
        return process_;
    }

    /// Whether the process runs, or has ended and still has its number.
    [[nodiscard]] bool has_its_number() const
    {
        std::scoped_lock const lock(mutex_);
        return process_ && !is_reaped_();
    }

private:
    enum class stage { queued, starting, decided };

    void advance(stage next, std::optional<::pid_t> process, std::function<bool()> is_reaped) noexcept
    {
        std::scoped_lock const lock(mutex_);
        if (stage_ == stage::decided)
            return;
        stage_ = next;
        process_ = process;
        is_reaped_.swap(is_reaped);
    }

    mutable std::mutex mutex_;
    stage stage_ = stage::queued;
    std::optional<::pid_t> process_;
    std::function<bool()> is_reaped_;
};

}  // namespace coqmp::detail

#endif
