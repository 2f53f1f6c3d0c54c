// Which changes deserve a line in the log. After a change of process or liveness, the line may be the same as before.
#ifndef COQMPD_REPORTS_REPORTED_CHANGES_HPP
#define COQMPD_REPORTS_REPORTED_CHANGES_HPP

#include "reports/change_report.hpp"

#include <map>
#include <string>

namespace coqmpd {

class reported_changes
{
public:
    /// @return whether this differs from what was last reported about this machine
    [[nodiscard]] bool take(std::string const& machine, change_report const& what);
    void forget(std::string const& machine);

private:
    std::map<std::string, change_report> last_;
};

}  // namespace coqmpd

#endif
