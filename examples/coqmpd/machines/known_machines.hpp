// What is known of machines besides their present files.
#ifndef COQMPD_MACHINES_KNOWN_MACHINES_HPP
#define COQMPD_MACHINES_KNOWN_MACHINES_HPP

#include "machines/machine_file.hpp"
#include "stored/launched_arguments.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace coqmpd {

/// A machine that is supervised, or that an earlier daemon has left.
struct known_machine
{
    std::optional<machine_file> file;          ///< What was accepted last: it holds while the present file is refused.
    std::vector<launched_arguments> launches;  ///< With one of these, its QEMU was launched. Empty: it has none.
};

using known_machines = std::map<std::string, known_machine>;

}  // namespace coqmpd

#endif
