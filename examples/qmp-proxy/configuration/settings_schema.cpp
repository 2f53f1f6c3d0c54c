#include "configuration/settings_schema.hpp"

#include "configuration/readers.hpp"
#include "daemon/access/access_schema.hpp"
#include "daemon/configuration/value_readers.hpp"

namespace qmp_proxy {

namespace {

using namespace std::chrono_literals;
using coqmp_daemon::table_schema;

table_schema<listen_settings> listen_schema()
{
    table_schema<listen_settings> result;
    result.required("address", &listen_settings::address, listen_address());
    coqmp_daemon::add_access_keys(result);
    return result;
}

table_schema<dial_settings> dial_schema()
{
    table_schema<dial_settings> result;
    result.required("address", &dial_settings::address, address())
        .optional("policy", &dial_settings::policy, coqmp_daemon::text())
        .optional("reconnect", &dial_settings::reconnect, coqmp_daemon::duration(100ms, 24h));
    return result;
}

table_schema<limit_settings> limits_schema()
{
    constexpr std::uint64_t kib = 1024;
    table_schema<limit_settings> result;
    result.optional("clients", &limit_settings::clients, coqmp_daemon::integer<std::size_t>(1, 10'000))
        .optional("message_size", &limit_settings::message_size, coqmp_daemon::byte_count(64 * kib, kib * kib * kib))
        .optional("event_memory", &limit_settings::event_memory, coqmp_daemon::byte_count(64 * kib, kib * kib * kib));
    return result;
}

}  // namespace

table_schema<settings> settings_schema()
{
    table_schema<settings> result;
    result.optional("upstream", &settings::upstream, address())
        .optional("hold", &settings::hold, coqmp_daemon::boolean())
        .optional("audit", &settings::audit, coqmp_daemon::text())
        .optional("connect_timeout", &settings::connect_timeout, coqmp_daemon::duration(1ms, 1h))
        .optional("drain_timeout", &settings::drain_timeout, coqmp_daemon::duration(0ms, 1h))
        .optional("shutdown_timeout", &settings::shutdown_timeout, coqmp_daemon::duration(0ms, 24h))
        .table("limits", &settings::limits, limits_schema())
        .named_tables("policy", &settings::policies, coqmp_daemon::policy_schema())
        .tables("listen", &settings::listen, listen_schema())
        .tables("dial", &settings::dial, dial_schema());
    return result;
}

}  // namespace qmp_proxy
