// What a guest agent says about itself.
#ifndef COQMP_GUEST_AGENT_INFO_HPP
#define COQMP_GUEST_AGENT_INFO_HPP

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace coqmp {

/// The answer to `guest-info`.
/// @see examples/guest_agent.cpp
struct guest_agent_info
{
    guest_agent_info() = default;  // not an aggregate, as session_options

    std::string version;  ///< The version of QEMU that the agent belongs to, such as `7.2.22`.
    /// Each command that the agent knows, and whether it is enabled. The guest's administrator can disable commands, and many
    /// distributions disable `guest-exec` and the `guest-file-` commands.
    std::map<std::string, bool, std::less<>> commands;

    /// Whether the agent knows the command. @param command such as `guest-exec`
    [[nodiscard]] bool supports(std::string_view command) const { return commands.find(command) != commands.end(); }

    /// Whether the agent knows the command and it is enabled. @param command such as `guest-exec`
    /// @see examples/guest_agent.cpp
    [[nodiscard]] bool is_enabled(std::string_view command) const
    {
        auto const found = commands.find(command);
        return found != commands.end() && found->second;
    }
};

}  // namespace coqmp

#endif
