#include <coqmp/event.hpp>

#include "detail/print_json.hpp"

#include <ostream>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, event const& what)
{
    out << what.name;
    if (!what.data.empty())
        out << ' ' << detail::json_text(what.data);
    return out;
}

}  // namespace coqmp
