// The policies that have a name: the built-in ones and those of the configuration file.
#ifndef QMP_PROXY_CONFIGURATION_POLICY_TABLE_HPP
#define QMP_PROXY_CONFIGURATION_POLICY_TABLE_HPP

#include "configuration/settings.hpp"

#include <coqmp/monitor_policy.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_proxy {

class policy_table
{
public:
    /// @param own have passed check_settings()
    explicit policy_table(std::map<std::string, located<policy_settings>> const& own);

    /// @return null: there is no such policy
    [[nodiscard]] std::shared_ptr<coqmp::monitor_policy const> find(std::string_view name) const;

    [[nodiscard]] std::vector<std::string> names() const;

private:
    using policy_pointer = std::shared_ptr<coqmp::monitor_policy const>;

    policy_pointer make(std::string const& name, std::map<std::string, located<policy_settings>> const& own);

    std::map<std::string, policy_pointer, std::less<>> policies_;
};

}  // namespace qmp_proxy

#endif
