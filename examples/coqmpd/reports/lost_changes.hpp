// Makes good what was lost when too many changes came at once, without I/O.
#ifndef COQMPD_REPORTS_LOST_CHANGES_HPP
#define COQMPD_REPORTS_LOST_CHANGES_HPP

#include <coqmp/change.hpp>
#include <coqmp/lifecycle.hpp>

#include <map>
#include <optional>
#include <string>

namespace coqmpd {

/// Remembers the newest status of each machine that was reported as a change.
class lost_changes
{
public:
    void take(coqmp::change const& what) { last_[what.machine] = what.status; }
    void forget(std::string const& machine) { last_.erase(machine); }

    /// A change to the status that a machine has, after all queued changes were taken. @return nothing: it was reported
    [[nodiscard]] std::optional<coqmp::change> find(std::string const& machine, coqmp::machine_status const& status) const;

private:
    std::map<std::string, coqmp::machine_status> last_;
};

}  // namespace coqmpd

#endif
