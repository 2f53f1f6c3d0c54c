// How far a job has come.
#ifndef COQMP_JOB_PROGRESS_HPP
#define COQMP_JOB_PROGRESS_HPP

#include <coqmp/job_state.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>

namespace coqmp {

/// How far a job has come, when QEMU last reported it.
/// @par Threads Distinct objects may be used from distinct threads.
/// @see examples/block_job.cpp
struct job_progress
{
    job_progress() = default;  // not an aggregate: g++ 12 destroys aggregate temporaries in co_await expressions twice

    job_state state = job_state::unknown;
    /// What has been done and what there is to do, in QEMU's units: bytes for a job that copies, steps for others. Both may grow
    /// while the job runs, and `total` is zero until QEMU knows it.
    std::uint64_t current = 0;
    std::uint64_t total = 0;  ///< See `current`.
    /// Units per second, smoothed over about 5 seconds. Empty while the job does not run, and until two reports have come.
    std::optional<double> rate;
    /// The time that the rest takes at this rate. Empty if there is no rate, or if it is zero.
    std::optional<std::chrono::nanoseconds> time_left;
    /// Whether an I/O error has paused the job (its command said `on-target-error: stop`, for example). job::resume() tries again.
    /// Known only if it happened after this object began to follow the job.
    bool paused_by_error = false;

    /// `current` divided by `total`, from 0 to 1; zero if `total` is zero.
    [[nodiscard]] double share() const noexcept;

    friend bool operator==(job_progress const&, job_progress const&) = default;
};

/// Prints `running, 25 % (16777216 of 67108864), 1048576/s, 48 s left`.
/// @see examples/block_job.cpp
std::ostream& operator<<(std::ostream& out, job_progress const& progress);

}  // namespace coqmp

#endif
