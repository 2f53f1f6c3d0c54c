// How many machines are in which state: the sentence for `systemctl status`, without I/O.
#ifndef COQMPD_REPORTS_MACHINE_COUNTS_HPP
#define COQMPD_REPORTS_MACHINE_COUNTS_HPP

#include <coqmp/lifecycle.hpp>

#include <cstddef>
#include <map>
#include <string>

namespace coqmpd {

class machine_counts
{
public:
    /// The machine is in this state now.
    void take(std::string const& machine, coqmp::lifecycle state);
    void forget(std::string const& machine);

    /// `3 machines: 2 running, 1 given up`
    [[nodiscard]] std::string sentence() const;

private:
    void leave(coqmp::lifecycle state);

    std::map<std::string, coqmp::lifecycle> states_;
    std::map<coqmp::lifecycle, std::size_t> counts_;
};

}  // namespace coqmpd

#endif
