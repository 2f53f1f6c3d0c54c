// Which function executes a command of a monitor server.
#ifndef COQMP_SRC_SERVER_COMMAND_HANDLERS_HPP
#define COQMP_SRC_SERVER_COMMAND_HANDLERS_HPP

#include <coqmp/monitor_request.hpp>
#include <coqmp/monitor_server.hpp>

#include <functional>
#include <map>
#include <string>

namespace coqmp::detail {

class command_handlers
{
public:
    void add(std::string name, monitor_server::callback handler, command_bands bands);
    void add_others(monitor_server::callback handler);

    /// Calls the handler of the command, or refuses it.
    void execute(monitor_request request) const;

private:
    struct entry
    {
        monitor_server::callback handler;
        command_bands bands = command_bands::in_band;
    };

    std::map<std::string, entry, std::less<>> named_;
    monitor_server::callback others_;
};

}  // namespace coqmp::detail

#endif
