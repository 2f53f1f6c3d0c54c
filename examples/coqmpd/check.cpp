#include "check.hpp"

#include "daemon/program.hpp"
#include "machines/machine_set.hpp"

#include <ostream>

namespace coqmpd {

coqmp_daemon::exit_code check_machines(std::string const& directory, std::ostream& out, std::ostream& problems)
{
    machine_set const read = read_machines(directory);
    for (std::string const& each : read.problems)
        problems << each << '\n';
    for (std::string const& each : read.warnings)
        problems << each << '\n';
    if (!read.problems.empty())
        return coqmp_daemon::exit_code::usage;
    std::size_t const count = read.machines.size();
    out << count << (count == 1 ? " machine" : " machines") << ", no problems\n";
    return coqmp_daemon::finish_output("coqmpd", out);
}

}  // namespace coqmpd
