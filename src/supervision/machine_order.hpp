// In which order machines start, and end.
#ifndef COQMP_SRC_SUPERVISION_MACHINE_ORDER_HPP
#define COQMP_SRC_SUPERVISION_MACHINE_ORDER_HPP

#include <string>
#include <vector>

namespace coqmp::detail {

/// A machine with those that start before it, and are shut down after it, if they are wanted at all.
struct ordered_machine
{
    std::string name;
    std::vector<std::string> after;
};

/// A circle in the order, for an error message: each machine is after the next one, and the last one after the first.
/// @return empty if there is none. Names that are not in the list are ignored
[[nodiscard]] std::vector<std::string> find_circle(std::vector<ordered_machine> const& all);

}  // namespace coqmp::detail

#endif
