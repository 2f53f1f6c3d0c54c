// Commands that a policy of the configuration file allows and that may not exist.
#ifndef QMP_PROXY_CONFIGURATION_UNCOMMON_COMMANDS_HPP
#define QMP_PROXY_CONFIGURATION_UNCOMMON_COMMANDS_HPP

#include "configuration/settings.hpp"

#include <map>
#include <string>
#include <vector>

namespace qmp_proxy {

/// The names under `allow` that no built-in policy has. Most are dangerous or new commands, but some are misspelled, and only QEMU
/// knows which. An unknown name is not a reason to refuse the file, because another QEMU may have that command.
class uncommon_commands
{
public:
    explicit uncommon_commands(std::map<std::string, located<policy_settings>> const& policies);

    [[nodiscard]] bool empty() const noexcept { return names_.empty(); }

    /// A warning for each of them that this QEMU does not have, with its place in the file and a suggestion.
    /// @param commands all that QEMU has
    /// @param qemu its version, as it is shown
    /// @param file the configuration file
    [[nodiscard]] std::vector<std::string> missing_from(std::vector<std::string> const& commands, std::string const& qemu,
                                                        std::string const& file) const;

private:
    struct entry
    {
        std::string policy;
        located<std::string> command;
    };

    std::vector<entry> names_;
};

}  // namespace qmp_proxy

#endif
