// How many descriptors this process has open.
#ifndef COQMP_TEST_SUPPORT_OPEN_DESCRIPTORS_HPP
#define COQMP_TEST_SUPPORT_OPEN_DESCRIPTORS_HPP

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace coqmp::test {

/// Counts the one that it needs for counting, too: good for comparing.
inline std::size_t open_descriptors()
{
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

}  // namespace coqmp::test

#endif
