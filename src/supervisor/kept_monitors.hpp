// The connections with monitors that a descriptor store keeps open while no supervisor runs.
// Invariant: for each machine there is at most one in the store, except for those of earlier programs that were not asked for yet.
#ifndef COQMP_SRC_SUPERVISOR_KEPT_MONITORS_HPP
#define COQMP_SRC_SUPERVISOR_KEPT_MONITORS_HPP

#include "machine/adoption.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/descriptor_store.hpp>
#include <coqmp/machine_record.hpp>

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coqmp::detail {

/// What the name of a connection in the store says: `coqmp-monitor/vm7/4711/123456/oob`.
struct kept_name
{
    std::string machine;
    ::pid_t process = 0;
    std::uint64_t start_time = 0;
    bool has_out_of_band = false;

    /// @return nothing: it is the name of something else
    [[nodiscard]] static std::optional<kept_name> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool is_of(machine_record const& record) const noexcept
    {
        return process == record.process && start_time == record.start_time;
    }

    friend bool operator==(kept_name const&, kept_name const&) = default;
};

class kept_monitors
{
public:
    explicit kept_monitors(descriptor_store store);

    /// Whether an earlier program has kept a connection with this process, and there is something to read in it. From any thread.
    [[nodiscard]] bool has_unread(std::string const& machine, machine_record const& process) const;

    // On the supervisor's executor.

    /// The connection with this process that an earlier program has kept; it stays in the store. All others of the machine are
    /// dropped.
    [[nodiscard]] std::optional<kept_connection> take(std::string const& machine, machine_record const& process);

    /// Keeps a connection, unless it is kept already.
    /// @return whether the store may have a descriptor of it
    bool keep(kept_name const& name, descriptor const& connection);

    /// From now on the store has none of this machine.
    void drop(std::string const& machine);

private:
    struct entry
    {
        kept_name name;
        std::optional<descriptor> connection;  ///< None: it is in use.
    };

    void drop_others(std::string const& machine, kept_name const* kept);

    descriptor_store store_;
    mutable std::mutex mutex_;  // protects the entries
    std::multimap<std::string, entry> entries_;
};

/// The monitor of one machine, in the store.
class kept_monitor
{
public:
    kept_monitor(std::shared_ptr<kept_monitors> all, std::string machine) : all_(std::move(all)), machine_(std::move(machine)) {}

    [[nodiscard]] std::optional<kept_connection> take(machine_record const& process) { return all_->take(machine_, process); }
    bool keep(machine_record const& process, bool has_out_of_band, descriptor const& connection)
    {
        return all_->keep({machine_, process.process, process.start_time, has_out_of_band}, connection);
    }
    void drop() { all_->drop(machine_); }

private:
    std::shared_ptr<kept_monitors> all_;
    std::string machine_;
};

}  // namespace coqmp::detail

#endif
