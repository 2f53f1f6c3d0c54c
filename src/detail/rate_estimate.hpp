// How fast a counter grows, smoothed.
// Invariant: there is no clock here; the caller says what time it is.
#ifndef COQMP_SRC_DETAIL_RATE_ESTIMATE_HPP
#define COQMP_SRC_DETAIL_RATE_ESTIMATE_HPP

#include <chrono>
#include <cstdint>
#include <optional>

namespace coqmp::detail {

/// A moving average, in which what happened 5 seconds ago counts 1/e as much as what happens now. All that has been seen counts by
/// how long it took: a first sample during which nothing moved (QEMU throttles in slices of time) soon counts for little.
class rate_estimate
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// The counter's value at this moment. A smaller value than before begins a new measurement.
    void sample(time_point now, std::uint64_t value);

    /// Forgets everything: the counter stood still for a reason that says nothing about its speed.
    void restart() noexcept;

    /// Per second. Empty until two samples of different moments were taken.
    [[nodiscard]] std::optional<double> per_second() const noexcept;

    /// How long the rest takes. Empty if there is no rate, and if it is too slow to ever end.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> time_for(std::uint64_t rest) const;

private:
    std::optional<time_point> last_;
    std::uint64_t value_ = 0;
    double growth_ = 0.0;   ///< What the counter has grown, the older the less.
    double seconds_ = 0.0;  ///< In this time, weighted alike.
};

}  // namespace coqmp::detail

#endif
