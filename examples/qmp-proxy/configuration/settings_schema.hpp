// The keys of the configuration file.
#ifndef QMP_PROXY_CONFIGURATION_SETTINGS_SCHEMA_HPP
#define QMP_PROXY_CONFIGURATION_SETTINGS_SCHEMA_HPP

#include "configuration/settings.hpp"
#include "daemon/configuration/table_schema.hpp"

namespace qmp_proxy {

[[nodiscard]] coqmp_daemon::table_schema<settings> settings_schema();

}  // namespace qmp_proxy

#endif
