// Which of QEMU's events the hooks of all machines are run for, without I/O.
#ifndef COQMPD_HOOKS_WANTED_EVENTS_HPP
#define COQMPD_HOOKS_WANTED_EVENTS_HPP

#include "machines/machine_file.hpp"

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace coqmpd {

/// The others are not even queued: a QEMU that sends many of them costs little.
class wanted_events
{
public:
    void add(std::vector<hook_settings> const& hooks);
    /// @param hooks that were added
    void remove(std::vector<hook_settings> const& hooks);

    [[nodiscard]] bool has(std::string_view name) const { return all_ != 0 || names_.contains(name); }

private:
    std::multiset<std::string, std::less<>> names_;  ///< One entry for each hook that lists the name.
    std::size_t all_ = 0;                            ///< Hooks that are run for everything.
};

}  // namespace coqmpd

#endif
