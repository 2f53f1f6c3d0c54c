// The monitors of all machines, for clients.
#ifndef COQMPD_SUPERVISION_OFFERED_MONITORS_HPP
#define COQMPD_SUPERVISION_OFFERED_MONITORS_HPP

#include "daemon/log/logger.hpp"
#include "machines/machine_file.hpp"
#include "supervision/offered_monitor.hpp"

#include <coqmp/supervisor.hpp>

#include <map>
#include <memory>
#include <string>

namespace coqmpd {

/// A monitor that cannot be offered is a line in the log; its machine is supervised all the same.
/// @par Threads That of the supervisor's executor.
class offered_monitors
{
public:
    /// @param directory of the sockets
    offered_monitors(coqmp::supervisor& machines, std::string directory, coqmp_daemon::logger& log)
        : machines_(machines), directory_(std::move(directory)), log_(log)
    {}

    /// Offers the monitor of a machine that the supervisor knows like this from now on.
    void offer(std::string const& machine, monitor_settings const& wanted);
    /// Its clients are disconnected.
    void withdraw(std::string const& machine) { monitors_.erase(machine); }

private:
    coqmp::supervisor& machines_;
    std::string directory_;
    coqmp_daemon::logger& log_;
    std::map<std::string, std::unique_ptr<offered_monitor>> monitors_;
};

}  // namespace coqmpd

#endif
