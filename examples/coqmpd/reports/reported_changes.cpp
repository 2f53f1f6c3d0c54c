#include "reports/reported_changes.hpp"

namespace coqmpd {

bool reported_changes::take(std::string const& machine, change_report const& what)
{
    auto const [known, is_new] = last_.emplace(machine, what);
    if (is_new)
        return true;
    if (known->second == what)
        return false;
    known->second = what;
    return true;
}

void reported_changes::forget(std::string const& machine)
{
    last_.erase(machine);
}

}  // namespace coqmpd
