// What start_process() launches.
#ifndef COQMP_SRC_PROCESS_PROCESS_OPTIONS_HPP
#define COQMP_SRC_PROCESS_PROCESS_OPTIONS_HPP

#include <coqmp/descriptor.hpp>
#include <coqmp/launch_options.hpp>

#include <functional>
#include <vector>

namespace coqmp::detail {

/// A program to launch. `descriptors` by name are not used: their numbers are already in the arguments.
struct process_options : launch_options
{
    process_options() = default;
    explicit process_options(launch_options const& options) : launch_options(options) {}

    /// Become the child's descriptors 3, 4, and so on.
    std::vector<descriptor> inherited_fds;

    /// Called on the helper thread right before the start, if it is not empty: for work that may block.
    std::function<void(process_options&)> complete;
};

}  // namespace coqmp::detail

#endif
