// What decides which images a QEMU opens.
#ifndef COQMPD_STORED_LAUNCHED_ARGUMENTS_HPP
#define COQMPD_STORED_LAUNCHED_ARGUMENTS_HPP

#include "machines/machine_file.hpp"

#include <string>
#include <vector>

namespace coqmpd {

/// With what a QEMU was, or may have been, launched.
struct launched_arguments
{
    std::vector<std::string> arguments;
    std::string working_directory;

    friend bool operator==(launched_arguments const&, launched_arguments const&) = default;
};

/// @param file of a machine that is launched, not observed
[[nodiscard]] inline launched_arguments arguments_of(machine_file const& file)
{
    launched_arguments result;
    for (auto const& each : file.arguments)
        result.arguments.push_back(each.value);
    result.working_directory = file.working_directory;
    return result;
}

}  // namespace coqmpd

#endif
