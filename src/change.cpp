#include <coqmp/change.hpp>

#include "detail/harmless_text.hpp"

#include <ostream>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, change const& what)
{
    out << what.machine << ": " << what.state;
    if (!what.reason.empty())
        out << " (" << detail::harmless(what.reason) << ')';
    return out;
}

}  // namespace coqmp
