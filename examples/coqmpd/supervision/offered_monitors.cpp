#include "supervision/offered_monitors.hpp"

#include "daemon/log/log_priority.hpp"

#include <coqmp/endpoint.hpp>

#include <exception>

namespace coqmpd {

void offered_monitors::complete_with(monitor_settings const& others)
{
    others_ = others;
    for (auto const& [machine, wanted] : std::map(wanted_))
        offer(machine, wanted);
}

void offered_monitors::withdraw(std::string const& machine)
{
    wanted_.erase(machine);
    monitors_.erase(machine);
}

void offered_monitors::offer(std::string const& machine, monitor_settings const& own)
try {
    wanted_[machine] = own;
    monitor_settings const wanted = own.completed_with(others_);
    std::unique_ptr<offered_monitor>& monitor = monitors_[machine];
    if (monitor && monitor->settings().hold.value_or(true) == wanted.hold.value_or(true))
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
