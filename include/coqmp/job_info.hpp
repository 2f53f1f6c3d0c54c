// A job in QEMU's list of jobs.
#ifndef COQMP_JOB_INFO_HPP
#define COQMP_JOB_INFO_HPP

#include <coqmp/job_state.hpp>

#include <cstdint>
#include <string>

namespace coqmp {

/// A job as QEMU lists it. See find_jobs().
/// @par Threads Distinct objects may be used from distinct threads.
struct job_info
{
    job_info() = default;  // not an aggregate: g++ 12 destroys aggregate temporaries in co_await expressions twice

    std::string id;
    std::string type;  ///< `mirror`, `backup`, `create`, ...
    job_state state = job_state::unknown;
    std::uint64_t current = 0;  ///< As job_progress::current.
    std::uint64_t total = 0;    ///< As job_progress::total.
    std::string error;          ///< Why it failed, if it has concluded; else empty.
    /// Whether an I/O error has paused it. Known from `query-block-jobs` only.
    bool paused_by_error = false;

    friend bool operator==(job_info const&, job_info const&) = default;
};

}  // namespace coqmp

#endif
