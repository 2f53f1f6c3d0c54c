#include <coqmp/monitor_audit.hpp>

#include "proxy/audit_record.hpp"

namespace coqmp {

namespace {

proxy::audit_outcome outcome_of(monitor_audit const& what) noexcept
{
    if (what.was_refused)
        return proxy::audit_outcome::refused;
    if (what.has_left)
        return proxy::audit_outcome::lost;
    return what.error_class.empty() ? proxy::audit_outcome::succeeded : proxy::audit_outcome::failed;
}

}  // namespace

std::string to_string(monitor_audit const& what)
{
    proxy::audit_record record;
    record.client = what.client.server.to_string();
    if (what.client.process != 0)
        record.process = what.client.process;
    record.user = what.client.user;
    record.policy = what.policy;
    record.command = what.command;
    record.outcome = outcome_of(what);
    record.error_class = what.error_class;
    record.duration = what.duration;
    return proxy::to_string(record);
}

}  // namespace coqmp
