// What a supervisor tells its owner: changes, events, and the log.
#ifndef COQMP_SRC_SUPERVISOR_SUPERVISOR_OUTPUT_HPP
#define COQMP_SRC_SUPERVISOR_SUPERVISOR_OUTPUT_HPP

#include "supervisor/bounded_queue.hpp"

#include <coqmp/change.hpp>
#include <coqmp/log_level.hpp>
#include <coqmp/machine_event.hpp>
#include <coqmp/supervisor_options.hpp>

#include <atomic>
#include <string>

namespace coqmp::detail {

/// Its streams may be subscribed to from any thread.
class supervisor_output
{
public:
    [[nodiscard]] bounded_queues<change>& changes() noexcept { return changes_; }
    [[nodiscard]] bounded_queues<machine_event>& events() noexcept { return events_; }
    /// Whether a filter or a log function is running, which may destroy the supervisor.
    [[nodiscard]] bool is_calling_out() const noexcept { return calls_out_ != 0; }

    void publish(change const& what);
    void publish(machine_event const& what);
    void write(supervisor_options const& options, log_level level, std::string const& machine, std::string const& sentence);
    /// Ends the streams.
    void end();

private:
    bounded_queues<change> changes_;
    bounded_queues<machine_event> events_;
    std::atomic<int> calls_out_ = 0;
};

}  // namespace coqmp::detail

#endif
