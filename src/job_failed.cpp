#include <coqmp/job_failed.hpp>

#include <coqmp/error.hpp>

#include "detail/harmless_text.hpp"

#include <utility>

namespace coqmp {

namespace {

errc code_of(job_outcome outcome) noexcept
{
    switch (outcome) {
        case job_outcome::cancelled:
            return errc::job_cancelled;
        case job_outcome::vanished:
            return errc::job_vanished;
        default:
            return errc::job_failed;
    }
}

std::string sentence(job_end const& end)
{
    switch (end.outcome) {
        case job_outcome::completed:
            return " completed";
        case job_outcome::failed:
            return end.error.empty() ? " failed, and QEMU no longer has the reason" : " failed: " + end.error;
        case job_outcome::cancelled:
            return " was cancelled";
        case job_outcome::vanished:
            return end.error.empty() ? " is not known to QEMU (any longer), and its outcome is unknown"
                                     : " cannot be followed: " + end.error;
        case job_outcome::refused:
            return ": QEMU refused " + end.error;
    }
    return {};
}

}  // namespace

job_failed::job_failed(std::string id, job_end end)
    : boost::system::system_error(make_error_code(code_of(end.outcome))),
      id_(std::move(id)),
      end_(std::move(end)),
      what_("job " + detail::harmless(id_ + sentence(end_)))
{}

}  // namespace coqmp
