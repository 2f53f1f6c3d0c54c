#include <coqmp/migration_progress.hpp>

#include <ostream>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, migration_progress const& progress)
{
    out << progress.state;
    if (progress.total != 0)
        out << ", " << progress.remaining << " of " << progress.total << " bytes remain, " << progress.transferred
            << " sent, pass " << progress.passes;
    if (progress.rate)
        out << ", " << static_cast<std::uint64_t>(*progress.rate) << " bytes/s";
    if (progress.time_left)
        out << ", " << std::chrono::ceil<std::chrono::seconds>(*progress.time_left).count() << " s left";
    if (progress.downtime)
        out << ", downtime " << progress.downtime->count() << " ms";
    else if (progress.expected_downtime)
        out << ", expected downtime " << progress.expected_downtime->count() << " ms";
    return out;
}

}  // namespace coqmp
