// Whether the machines can be started in the order that their files ask for.
#ifndef COQMPD_MACHINES_ORDER_CHECK_HPP
#define COQMPD_MACHINES_ORDER_CHECK_HPP

#include "daemon/configuration/problem_list.hpp"
#include "machines/machine_set.hpp"

#include <map>
#include <string>

namespace coqmpd {

/// Adds a problem for each `after` that names no machine, or an observed one, and for each circle. A machine whose file was refused
/// counts as existing; it is just not started.
/// @param lists one for each machine
void check_order(machine_set const& set, std::map<std::string, coqmp_daemon::problem_list>& lists);

}  // namespace coqmpd

#endif
