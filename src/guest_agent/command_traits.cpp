#include "guest_agent/command_traits.hpp"

#include <algorithm>
#include <array>

namespace coqmp::detail {

namespace {

constexpr std::array<std::string_view, 4> silent = {"guest-shutdown", "guest-suspend-disk", "guest-suspend-ram",
                                                    "guest-suspend-hybrid"};

constexpr std::array<std::string_view, 4> slow = {"guest-fsfreeze-freeze", "guest-fsfreeze-freeze-list", "guest-fsfreeze-thaw",
                                                  "guest-fstrim"};

// The agent refuses all others, because they could write to a log on a frozen file system and block.
constexpr std::array<std::string_view, 6> harmless_commands = {
    "guest-ping", "guest-info", "guest-sync", "guest-sync-delimited", "guest-fsfreeze-status", "guest-fsfreeze-thaw"};

}  // namespace

bool is_silent_on_success(std::string_view command) noexcept
{
    return std::ranges::find(silent, command) != silent.end();
}

bool takes_minutes(std::string_view command) noexcept
{
    return std::ranges::find(slow, command) != slow.end();
}

bool is_allowed_while_frozen(std::string_view command) noexcept
{
    return std::ranges::find(harmless_commands, command) != harmless_commands.end();
}

}  // namespace coqmp::detail
