// The keys of a machine's file.
#ifndef COQMPD_MACHINES_MACHINE_SCHEMA_HPP
#define COQMPD_MACHINES_MACHINE_SCHEMA_HPP

#include "daemon/configuration/table_schema.hpp"
#include "machines/machine_file.hpp"

namespace coqmpd {

[[nodiscard]] coqmp_daemon::table_schema<machine_file> machine_schema(account_check accounts = account_check::all);

/// Those of `[monitor]`, which the daemon's own file has, too.
[[nodiscard]] coqmp_daemon::table_schema<monitor_settings> monitor_schema(account_check accounts = account_check::all);

}  // namespace coqmpd

#endif
