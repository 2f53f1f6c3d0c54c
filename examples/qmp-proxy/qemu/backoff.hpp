// The pauses between attempts to connect.
#ifndef QMP_PROXY_QEMU_BACKOFF_HPP
#define QMP_PROXY_QEMU_BACKOFF_HPP

#include <coqmp/reconnect_options.hpp>

#include <algorithm>
#include <chrono>
#include <random>

namespace qmp_proxy {

/// As reconnect_options describes them: each pause is twice as long as the one before it, up to the longest one, and is shortened
/// at random.
class backoff
{
public:
    explicit backoff(coqmp::reconnect_options const& options = {}) : options_(options), next_(options.first_pause) {}

    /// The pause before the next attempt. @param lasted how long the last connection lasted; zero: the attempt failed
    [[nodiscard]] std::chrono::nanoseconds next(std::chrono::nanoseconds lasted)
    {
        if (lasted >= options_.stable_after)
            next_ = options_.first_pause;
        std::uniform_real_distribution<double> part(1 - options_.jitter, 1);
        auto const result = std::chrono::duration_cast<std::chrono::nanoseconds>(next_ * part(random_));
        next_ = std::min(next_ * 2, std::max(options_.longest_pause, options_.first_pause));
        return result;
    }

private:
    coqmp::reconnect_options options_;
    std::chrono::nanoseconds next_;
    std::minstd_rand random_{std::random_device()()};
};

}  // namespace qmp_proxy

#endif
