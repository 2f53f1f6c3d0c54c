#include <coqmp/migration_progress.hpp>

#include <ostream>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, migration_progress const& progress)
{
    out << progress.state;
    if (progress.total != 0)
        out << ", " << progress.remaining << " of " << progress.total << " bytes remain, pass " << progress.passes;
    if (progress.rate)
        out << ", " << static_cast<std::uint64_t>(*progress.rate) << "/s";
    if (progress.downtime)
        out << ", downtime " << progress.downtime->count() << " ms";
    else if (progress.expected_downtime)
        out << ", expected downtime " << progress.expected_downtime->count() << " ms";
    return out;
}

}  // namespace coqmp
