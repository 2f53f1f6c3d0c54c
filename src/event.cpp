#include <coqmp/event.hpp>

#include <boost/json/serialize.hpp>

#include <ostream>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, event const& what)
{
    out << what.name;
    if (!what.data.empty())
        out << ' ' << boost::json::serialize(what.data);
    return out;
}

}  // namespace coqmp
