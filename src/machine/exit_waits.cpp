#include "machine/exit_waits.hpp"

#include <algorithm>

namespace coqmp::detail {

bool exit_waits::want_the_end() const noexcept
{
    return std::ranges::any_of(waits_, [](auto const& each) { return each->shuts_down; });
}

void exit_waits::complete_all(boost::system::error_code error, exit_status status) noexcept
{
    auto const waits = std::exchange(waits_, {});
    for (auto const& each : waits)
        each->complete_later(error, status);
}

// A handler may own the last reference to the machine, and so to this list.
void exit_waits::destroy_handlers() noexcept
{
    auto const waits = std::exchange(waits_, {});
    for (auto const& each : waits)
        each->drop();
}

}  // namespace coqmp::detail
