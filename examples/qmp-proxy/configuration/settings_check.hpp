// The rules that concern several settings of the configuration file.
#ifndef QMP_PROXY_CONFIGURATION_SETTINGS_CHECK_HPP
#define QMP_PROXY_CONFIGURATION_SETTINGS_CHECK_HPP

#include "configuration/settings.hpp"
#include "daemon/configuration/problem_list.hpp"

namespace qmp_proxy {

/// Checks that policies exist and do not extend each other in a circle, that no address appears twice, and that a TCP port has
/// only the settings that a TCP port can have.
void check_settings(settings const& read, coqmp_daemon::problem_list& problems);

}  // namespace qmp_proxy

#endif
