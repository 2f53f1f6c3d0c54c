#include <coqmp/job_progress.hpp>

#include <algorithm>
#include <ostream>

namespace coqmp {

double job_progress::share() const noexcept
{
    return total == 0 ? 0.0 : std::min(1.0, static_cast<double>(current) / static_cast<double>(total));
}

std::ostream& operator<<(std::ostream& out, job_progress const& progress)
{
    out << progress.state;
    if (progress.paused_by_error)
        out << " by an I/O error";
    if (progress.total != 0)
        out << ", " << static_cast<int>(progress.share() * 100) << " % (" << progress.current << " of " << progress.total << ')';
    if (progress.rate)
        out << ", " << static_cast<std::uint64_t>(*progress.rate) << "/s";
    if (progress.time_left)
        out << ", " << std::chrono::ceil<std::chrono::seconds>(*progress.time_left).count() << " s left";
    return out;
}

}  // namespace coqmp
