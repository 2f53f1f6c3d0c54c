#include "control/machine_description.hpp"

#include "daemon/hooks/state_names.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string_view>

namespace coqmpd {

boost::json::object describe_machine(std::string const& name, coqmp::machine_status const& status, std::optional<::pid_t> process,
                                     std::chrono::steady_clock::time_point now)
{
    boost::json::object result;
    result["name"] = name;
    result["state"] = coqmp_daemon::state_name(status.state);
    if (std::string_view const reason = coqmp_daemon::reason_name(status.reason); !reason.empty()) {
        result["reason"] = reason;
        result["description"] = to_string(status.reason);
    }
    result["liveness"] = to_string(status.health);
    if (process)
        result["pid"] = std::int64_t{*process};
    result["boot-looping"] = status.is_boot_looping;
    result["dumping"] = status.is_dumping;
    if (status.until) {
        auto const left = std::chrono::ceil<std::chrono::seconds>(*status.until - now).count();
        result["restart-in"] = std::max<std::int64_t>(left, 0);
    }
    return result;
}

boost::json::object describe_end(coqmp::machine_end const& end)
{
    std::ostringstream text;
    text << end;
    boost::json::object result;
    result["description"] = text.str();
    result["step"] = to_string(end.step);
    return result;
}

}  // namespace coqmpd
