// Whether the policies that a configuration file names exist.
#ifndef COQMP_DAEMON_ACCESS_POLICY_CHECK_HPP
#define COQMP_DAEMON_ACCESS_POLICY_CHECK_HPP

#include "daemon/access/access_settings.hpp"
#include "daemon/configuration/problem_list.hpp"

#include <string>
#include <vector>

namespace coqmp_daemon {

/// Checks the policies of one file, and their use.
class policy_check
{
public:
    /// @param own those of the file @param built_in the names of the program's @param problems receives what is wrong; both own and
    /// problems outlive this object
    policy_check(policy_map const& own, std::vector<std::string> built_in, problem_list& problems);

    /// Checks that the file's policies have names of their own, and do not extend each other in a circle.
    void check_policies();

    /// Checks that a policy of this name exists. `none` does.
    void check_name(located<std::string> const& name);

    /// Checks the policies of a socket, and that it is of use to a client.
    void check_socket(access_settings const& socket);

private:
    [[nodiscard]] bool is_built_in(std::string const& name) const;
    void check_policy(std::string const& name, located<policy_settings> const& policy);
    [[nodiscard]] bool leads_back(std::string const& name) const;

    policy_map const& own_;
    std::vector<std::string> const built_in_;
    problem_list& problems_;
};

}  // namespace coqmp_daemon

#endif
