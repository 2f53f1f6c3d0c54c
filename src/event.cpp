#include <coqmp/event.hpp>

#include <boost/json/serialize.hpp>

#include <ostream>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, event const& what)
{
    return out << what.name << ' ' << boost::json::serialize(what.data);
}

}  // namespace coqmp
