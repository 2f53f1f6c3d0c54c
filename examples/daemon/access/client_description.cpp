#include "daemon/access/client_description.hpp"

namespace coqmp_daemon {

// The user's number and not its name: looking up the name may block.
std::string describe(coqmp::monitor_client const& client)
{
    std::string result = "client " + std::to_string(client.number);
    if (client.process > 0)
        result += ", process " + std::to_string(client.process);
    if (client.user)
        result += " of user " + std::to_string(*client.user);
    return result;
}

}  // namespace coqmp_daemon
