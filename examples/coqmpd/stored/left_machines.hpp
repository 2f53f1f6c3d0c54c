// The machines that an earlier daemon has left.
#ifndef COQMPD_STORED_LEFT_MACHINES_HPP
#define COQMPD_STORED_LEFT_MACHINES_HPP

#include "hooks/report_filter.hpp"
#include "machines/known_machines.hpp"
#include "machines/machine_set.hpp"
#include "stored/state_files.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coqmpd {

/// Their launches are those of a QEMU that still lives.
struct left_machine
{
    known_machine known;
    bool has_process = false;
    std::optional<reported_state> reported;  ///< The last one.
};

using left_machines = std::map<std::string, left_machine>;

/// Blocks for as long as the file system does. @param names supervisor::stored_names()
[[nodiscard]] left_machines read_left_machines(state_files const& from, std::vector<std::string> const& names);

/// The files of the directory, and what an earlier daemon has left.
struct all_machines
{
    machine_set files;
    left_machines left;
};

/// read_machines() and read_left_machines(). @param left the names of those that an earlier daemon has left
/// @param known the machines that are supervised now
/// @throws coqmp_daemon::configuration_error the directory cannot be read
[[nodiscard]] all_machines read_all_machines(std::string const& directory, state_files const& from,
                                             std::vector<std::string> const& left, known_machines known);

/// Whether the last accepted file of a machine is to be used: its present one is refused, or it is gone while its QEMU lives.
/// Without I/O.
[[nodiscard]] bool is_restored(std::string const& name, left_machine const& machine, machine_set const& files);

}  // namespace coqmpd

#endif
