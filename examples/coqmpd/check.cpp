#include "check.hpp"

#include "daemon/configuration/problem_list.hpp"
#include "daemon/program.hpp"
#include "daemon_settings.hpp"
#include "machines/machine_set.hpp"

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace coqmpd {

coqmp_daemon::exit_code check_files(places const& where, std::ostream& out, std::ostream& problems)
{
    std::vector<std::string> found;
    try {
        (void)read_daemon_settings(where.daemon_file());
    } catch (coqmp_daemon::configuration_error const& error) {
        found = error.problems();
    }
    machine_set const read = read_machines(where.machines());
    found.insert(found.end(), read.problems.begin(), read.problems.end());
    for (std::string const& each : found)
        problems << each << '\n';
    for (std::string const& each : read.warnings)
        problems << each << '\n';
    if (!found.empty())
        return coqmp_daemon::exit_code::usage;
    std::size_t const count = read.machines.size();
    out << count << (count == 1 ? " machine" : " machines") << ", no problems\n";
    return coqmp_daemon::finish_output("coqmpd", out);
}

}  // namespace coqmpd
