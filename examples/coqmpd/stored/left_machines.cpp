#include "stored/left_machines.hpp"

#include "daemon/configuration/problem_list.hpp"

#include <utility>

namespace coqmpd {

left_machines read_left_machines(state_files const& from, std::vector<std::string> const& names)
{
    left_machines result;
    for (std::string const& name : names) {
        left_machine machine;
        machine.has_process = from.has_process(name);
        machine.reported = from.read_reported(name);
        if (auto accepted = from.read_accepted(name)) {
            try {
                machine.known.file = machine_of(*accepted, name);
            } catch (coqmp_daemon::configuration_error const&) {
                // This version accepts less than an earlier one. The machine is reported as one without a file.
            }
            if (machine.has_process)
                machine.known.launches = std::move(accepted->launches);
        }
        result.emplace(name, std::move(machine));
    }
    return result;
}

all_machines read_all_machines(std::string const& directory, state_files const& from, std::vector<std::string> const& left,
                               known_machines known)
{
    all_machines result;
    result.left = read_left_machines(from, left);
    for (auto const& [name, machine] : result.left)
        known.emplace(name, machine.known);
    result.files = read_machines(directory, known);
    return result;
}

bool is_restored(std::string const& name, left_machine const& machine, machine_set const& files)
{
    if (!machine.known.file || files.machines.contains(name))
        return false;
    return machine.has_process || files.refused.contains(name);
}

}  // namespace coqmpd
