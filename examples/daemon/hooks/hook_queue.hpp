// Which hooks may run now, without I/O.
// Invariant: of each machine one hook runs at a time, and its hooks run in the order of their occasions.
#ifndef COQMP_DAEMON_HOOKS_HOOK_QUEUE_HPP
#define COQMP_DAEMON_HOOKS_HOOK_QUEUE_HPP

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace coqmp_daemon {

struct hook_limits
{
    std::size_t running = 8;  ///< At a time, of all machines.
    std::size_t waiting_of_machine =
        16;  ///< More are dropped, so that a machine that floods the daemon with events takes nothing from the others.
    std::size_t waiting = 1000;  ///< Of all machines.
};

class hook_queue
{
public:
    /// A hook that waits, under a number of the caller's.
    struct entry
    {
        std::string machine;
        std::uint64_t number = 0;

        friend bool operator==(entry const&, entry const&) = default;
    };

    explicit hook_queue(hook_limits const& limits) : limits_(limits) {}

    /// @return whether it waits; otherwise too many do, and it is dropped
    [[nodiscard]] bool add(entry what);
    /// The next one to run; it counts as running then.
    [[nodiscard]] std::optional<entry> next();
    void ended(std::string const& machine);

    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
    [[nodiscard]] std::size_t running() const noexcept { return running_.size(); }

private:
    hook_limits limits_;
    std::list<entry> waiting_;
    std::map<std::string, std::size_t> waiting_of_;
    std::set<std::string> running_;
};

}  // namespace coqmp_daemon

#endif
