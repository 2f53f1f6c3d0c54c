// A limit of a process, as setrlimit() takes it.
#ifndef COQMP_RESOURCE_LIMIT_HPP
#define COQMP_RESOURCE_LIMIT_HPP

#include <sys/resource.h>

namespace coqmp {

/// One resource limit of a machine's process.
/// @code
/// spec.limits.emplace_back(RLIMIT_NOFILE, 4096);
/// spec.limits.emplace_back(RLIMIT_CORE, 0, RLIM_INFINITY);
/// @endcode
/// @see examples/launch_options.cpp
struct resource_limit
{
    /// @param which `RLIMIT_NOFILE`, for example @param value the soft and the hard limit, in the unit of that limit
    resource_limit(int which, ::rlim_t value) noexcept : resource_limit(which, value, value) {}
    resource_limit(int which, ::rlim_t soft_value, ::rlim_t hard_value) noexcept
        : resource(which), soft(soft_value), hard(hard_value)
    {}

    int resource;
    ::rlim_t soft;
    ::rlim_t hard;
};

}  // namespace coqmp

#endif
