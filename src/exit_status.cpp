#include <coqmp/exit_status.hpp>

#include <cstring>
#include <ostream>

namespace coqmp {

std::ostream& operator<<(std::ostream& out, exit_status const& status)
{
    if (status.signal == 0 && status.exit_code < 0)
        return out << "ended with an unknown exit status";
    if (status.signal == 0)
        return out << "exited with status " << status.exit_code;
    char const* const name = ::sigdescr_np(status.signal);
    return out << "was killed by signal " << status.signal << " (" << (name != nullptr ? name : "unknown") << ')';
}

}  // namespace coqmp
