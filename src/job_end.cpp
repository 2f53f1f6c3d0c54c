#include <coqmp/job_end.hpp>

#include "detail/harmless_text.hpp"

#include <ostream>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, job_outcome outcome)
{
    switch (outcome) {
        case job_outcome::completed:
            return out << "completed";
        case job_outcome::failed:
            return out << "failed";
        case job_outcome::cancelled:
            return out << "cancelled";
        case job_outcome::vanished:
            return out << "vanished";
        case job_outcome::refused:
            return out << "refused";
    }
    return out << "unknown";
}

std::ostream& operator<<(std::ostream& out, job_end const& end)
{
    out << end.outcome;
    if (!end.error.empty())
        out << ": " << detail::harmless(end.error);
    return out;
}

}  // namespace coqmp
