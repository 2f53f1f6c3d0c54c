// The number of open descriptors of this process.
#ifndef COQMP_TEST_SUPPORT_OPEN_DESCRIPTORS_HPP
#define COQMP_TEST_SUPPORT_OPEN_DESCRIPTORS_HPP

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace coqmp::test {

/// Includes the one that it opens for counting, so use the number only for comparisons.
inline std::size_t open_descriptors()
{
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

}  // namespace coqmp::test

#endif
