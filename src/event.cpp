#include <coqmp/event.hpp>

#include "detail/print_json.hpp"

#include <ostream>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, event const& value)
{
    out << value.name;
    if (!value.data.empty())
        out << ' ' << detail::json_text(value.data);
    return out;
}

}  // namespace coqmp
