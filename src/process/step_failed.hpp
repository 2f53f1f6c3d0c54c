// How a step of a start reports that it has failed.
#ifndef COQMP_SRC_PROCESS_STEP_FAILED_HPP
#define COQMP_SRC_PROCESS_STEP_FAILED_HPP

#include <stdexcept>
#include <string>
#include <system_error>

namespace coqmp::detail {

/// An exception like `entering the directory "/nowhere": No such file or directory`.
/// @param step empty: the reason alone @param error an errno
[[nodiscard]] inline std::runtime_error step_failed(std::string const& step, int error)
{
    std::string const reason = std::generic_category().message(error);
    return std::runtime_error(step.empty() ? reason : step + ": " + reason);
}

}  // namespace coqmp::detail

#endif
