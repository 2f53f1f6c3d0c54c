// What is different after the files of the machines have been read again.
#ifndef COQMPD_MACHINES_MACHINE_CHANGES_HPP
#define COQMPD_MACHINES_MACHINE_CHANGES_HPP

#include "machines/machine_set.hpp"

#include <string>
#include <vector>

namespace coqmpd {

/// A machine that both readings know.
struct changed_machine
{
    std::string name;
    std::vector<std::string> applied;        ///< Keys that are applied at once.
    std::vector<std::string> needs_restart;  ///< Keys that a QEMU has from its launch on.

    friend bool operator==(changed_machine const&, changed_machine const&) = default;
};

/// Names are sorted.
struct machine_changes
{
    std::vector<std::string> added;
    std::vector<std::string> removed;
    std::vector<std::string> replaced;  ///< Observed now and launched before, or the other way round: removed and added.
    std::vector<changed_machine> changed;
    std::vector<std::string> kept;  ///< Their new files are refused: their previous settings still apply.

    [[nodiscard]] bool empty() const noexcept
    {
        return added.empty() && removed.empty() && replaced.empty() && changed.empty() && kept.empty();
    }
    friend bool operator==(machine_changes const&, machine_changes const&) = default;
};

/// @param before those that are supervised now
[[nodiscard]] machine_changes find_changes(std::map<std::string, machine_file> const& before, machine_set const& after);

/// A sentence for each change, for the log: `vm1: new settings apply from its next restart: arguments and user`.
[[nodiscard]] std::vector<std::string> describe(machine_changes const& changes);

}  // namespace coqmpd

#endif
