#include "supervision/boot_loop.hpp"

#include "detail/json_access.hpp"

#include <string_view>
#include <utility>

namespace coqmp::detail {

bool is_guest_reset(event const& what) noexcept
{
    if (what.name != "RESET")
        return false;
    std::string_view const cause = text_in(what.data, "reason");
    return cause.empty() ? flag_in(what.data, "guest") : cause == "guest-reset";  // QEMU before 4.0 has no reason
}

bool boot_loop::add(clock::time_point now)
{
    tick(now);
    if (!reboots_.add(now))
        return false;
    calm_at_ = reboots_.calm_at(now);
    return !std::exchange(is_looping_, true);
}

void boot_loop::tick(clock::time_point now) noexcept
{
    if (now < calm_at_)
        return;
    is_looping_ = reboots_.is_exceeded(now);
    calm_at_ = reboots_.calm_at(now);
}

void boot_loop::forgive() noexcept
{
    reboots_.clear();
    is_looping_ = false;
    calm_at_ = clock::time_point::max();
}

}  // namespace coqmp::detail
