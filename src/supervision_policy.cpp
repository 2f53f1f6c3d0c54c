#include <coqmp/supervision_policy.hpp>

#include <ostream>

namespace coqmp {

std::string_view to_string(restart_policy policy) noexcept
{
    switch (policy) {
        case restart_policy::on_failure:
            return "on-failure";
        case restart_policy::unless_stopped:
            return "unless-stopped";
        case restart_policy::always:
            return "always";
        case restart_policy::never:
            break;
    }
    return "no";
}

std::optional<restart_policy> restart_policy_named(std::string_view name) noexcept
{
    for (restart_policy const each :
         {restart_policy::never, restart_policy::on_failure, restart_policy::unless_stopped, restart_policy::always})
        if (to_string(each) == name)
            return each;
    return std::nullopt;
}

std::ostream& operator<<(std::ostream& out, restart_policy policy)
{
    return out << to_string(policy);
}

}  // namespace coqmp
