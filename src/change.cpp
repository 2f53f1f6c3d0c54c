#include <coqmp/change.hpp>

#include "detail/harmless_text.hpp"

#include <ostream>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, change const& what)
{
    return out << what.machine << ": " << what.state << " (" << detail::harmless(what.reason) << ')';
}

}  // namespace coqmp
