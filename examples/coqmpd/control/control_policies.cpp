#include "control/control_policies.hpp"

#include "control/control_schema.hpp"

#include <string>
#include <utility>

namespace coqmpd {

std::vector<coqmp::monitor_policy> control_policies()
{
    coqmp::monitor_policy reads("read-only");
    for (std::string const& each : control_commands())
        if (each.starts_with("query-") || each == "qmp_capabilities")
            reads.allow(each);
    coqmp::monitor_policy operates("operator", reads);
    for (char const* const each : {"machine-restart", "machine-start", "machine-stop"})
        operates.allow(each);
    return {std::move(reads), std::move(operates), coqmp::monitor_policy::all()};
}

}  // namespace coqmpd
