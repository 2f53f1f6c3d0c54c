// The exception of a job that did not complete.
#ifndef COQMP_JOB_FAILED_HPP
#define COQMP_JOB_FAILED_HPP

#include <coqmp/detail/boost_version.hpp>
#include <coqmp/job_end.hpp>

#include <boost/system/system_error.hpp>

#include <string>

namespace coqmp {

/// Thrown for a job that did not complete. The code is errc::job_cancelled, errc::job_vanished or, in all other cases,
/// errc::job_failed.
/// @see examples/block_job.cpp
class job_failed : public boost::system::system_error
{
public:
    /// @param id the job's id
    /// @param end how it ended
    job_failed(std::string id, job_end end);

    /// The job's id.
    [[nodiscard]] std::string const& id() const noexcept { return id_; }

    /// How the job ended. job_end::error has QEMU's reason.
    [[nodiscard]] job_end const& end() const noexcept { return end_; }

    /// `job m0 failed: No space left on device`, safe for a terminal and for a log: what QEMU wrote is escaped where a terminal
    /// would obey it.
    [[nodiscard]] char const* what() const noexcept override { return what_.c_str(); }

private:
    std::string id_;
    job_end end_;
    std::string what_;
};

}  // namespace coqmp

#endif
