// How a job ended.
#ifndef COQMP_JOB_END_HPP
#define COQMP_JOB_END_HPP

#include <iosfwd>
#include <string>
#include <utility>

namespace coqmp {

/// How a job ended.
enum class job_outcome {
    completed,  ///< It has done its work.
    failed,     ///< job_end::error has QEMU's reason.
    cancelled,  ///< A client, perhaps another one, cancelled it.
    vanished,   ///< QEMU no longer knows it, and what it reported of its end was missed: it may have completed or failed.
    refused     ///< QEMU refused a command that the wait depended on; a job that had started still exists.
};

/// `completed`, `failed`, ...
std::ostream& operator<<(std::ostream& out, job_outcome outcome);

/// What job::async_wait() and job::async_run() complete with.
/// @par Threads Distinct objects may be used from distinct threads.
struct job_end
{
    job_end() = default;  // not an aggregate: g++ 12 destroys aggregate temporaries in co_await expressions twice
    explicit job_end(job_outcome result, std::string reason = {}) : outcome(result), error(std::move(reason)) {}

    job_outcome outcome = job_outcome::vanished;
    /// QEMU's reason, byte for byte; empty if the job has completed, and if QEMU did not give one. If a command was refused, the
    /// name of that command and QEMU's description.
    std::string error;

    friend bool operator==(job_end const&, job_end const&) = default;
};

/// Prints `failed: No space left on device`.
std::ostream& operator<<(std::ostream& out, job_end const& end);

}  // namespace coqmp

#endif
