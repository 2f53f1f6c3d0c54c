#include "reports/lost_changes.hpp"

namespace coqmpd {

std::optional<coqmp::change> lost_changes::find(std::string const& machine, coqmp::machine_status const& status) const
{
    auto const known = last_.find(machine);
    if (status == (known == last_.end() ? coqmp::machine_status() : known->second))
        return std::nullopt;
    coqmp::change result;
    result.machine = machine;
    result.state = status.state;
    result.reason = to_string(status.reason);
    result.status = status;
    return result;
}

}  // namespace coqmpd
