// The policies that have a name: the built-in ones and those of the configuration file.
#ifndef COQMP_DAEMON_ACCESS_POLICY_TABLE_HPP
#define COQMP_DAEMON_ACCESS_POLICY_TABLE_HPP

#include "daemon/access/access_settings.hpp"

#include <coqmp/monitor_policy.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp_daemon {

/// The library's policies, for the monitors of QEMU.
[[nodiscard]] std::vector<coqmp::monitor_policy> built_in_policies();

class policy_table
{
public:
    using policy_pointer = std::shared_ptr<coqmp::monitor_policy const>;

    /// @param own have passed policy_check
    /// @param built_in those of the program
    explicit policy_table(policy_map const& own, std::vector<coqmp::monitor_policy> const& built_in = built_in_policies());

    /// @return null: there is no such policy
    [[nodiscard]] policy_pointer find(std::string_view name) const;

    [[nodiscard]] std::vector<std::string> names() const;

private:
    policy_pointer make(std::string const& name, policy_map const& own);

    std::map<std::string, policy_pointer, std::less<>> policies_;
};

}  // namespace coqmp_daemon

#endif
