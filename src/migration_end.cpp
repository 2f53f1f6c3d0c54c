#include <coqmp/migration_end.hpp>

#include "detail/harmless_text.hpp"

#include <ostream>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, migration_outcome outcome)
{
    switch (outcome) {
        case migration_outcome::completed:
            return out << "completed";
        case migration_outcome::failed:
            return out << "failed";
        case migration_outcome::cancelled:
            return out << "cancelled";
        case migration_outcome::refused:
            return out << "refused";
    }
    return out << "unknown";
}

std::ostream& operator<<(std::ostream& out, migration_end const& end)
{
    out << end.outcome;
    if (!end.error.empty())
        out << ": " << detail::harmless(end.error);
    return out;
}

}  // namespace coqmp
