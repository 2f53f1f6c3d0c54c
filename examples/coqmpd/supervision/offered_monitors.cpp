#include "supervision/offered_monitors.hpp"

#include "daemon/log/log_priority.hpp"

#include <coqmp/endpoint.hpp>

#include <exception>

namespace coqmpd {

void offered_monitors::offer(std::string const& machine, monitor_settings const& wanted)
try {
    std::unique_ptr<offered_monitor>& monitor = monitors_[machine];
    if (monitor && monitor->settings().hold == wanted.hold)
        return monitor->apply(wanted);
    monitor.reset();  // its address is free for the next one
    auto const address = coqmp::endpoint::unix_socket(directory_ + '/' + machine + ".qmp");
    monitor = std::make_unique<offered_monitor>(machines_.get_executor(), machine, address, wanted, log_);
    machines_.offer_monitor(machine, monitor->proxy());
} catch (std::exception const& failure) {
    monitors_.erase(machine);
    log_.write(coqmp_daemon::log_priority::error, machine, std::string("its monitor is not offered: ") + failure.what());
}

}  // namespace coqmpd
