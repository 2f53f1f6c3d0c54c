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

    /// What is absent in the settings of a machine is like this from now on.
    void complete_with(monitor_settings const& others);

    /// Offers the monitor of a machine that the supervisor knows like this from now on.
    /// @param own those of its file
    void offer(std::string const& machine, monitor_settings const& own);
    /// Its clients are disconnected.
    void withdraw(std::string const& machine);

private:
    coqmp::supervisor& machines_;
    std::string directory_;
    coqmp_daemon::logger& log_;
    monitor_settings others_;
    std::map<std::string, monitor_settings> wanted_;
    std::map<std::string, std::unique_ptr<offered_monitor>> monitors_;
};

}  // namespace coqmpd

#endif
