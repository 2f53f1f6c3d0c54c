#include <coqmp/job_record.hpp>

#include <algorithm>

namespace coqmp {

bool job_record::has_been(job_state wanted) const noexcept
{
    return std::find(seen_in.begin(), seen_in.end(), wanted) != seen_in.end();
}

}  // namespace coqmp
