// Which hooks may run now, without I/O.
// Invariant: for each machine, at most one hook runs at a time, and its hooks run in the order of their occasions.
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
    std::size_t running = 8;  ///< At the same time, for all machines.
    std::size_t waiting_of_machine =
        16;  ///< Further ones are dropped, so that a machine that floods the daemon with events does not hold up the others.
    std::size_t waiting = 1000;  ///< For all machines.
};

class hook_queue
{
public:
    /// A hook that waits, with a number that the caller has chosen.
    struct entry
    {
        std::string machine;
        std::uint64_t number = 0;

        friend bool operator==(entry const&, entry const&) = default;
    };

    explicit hook_queue(hook_limits const& limits) : limits_(limits) {}

    /// @return whether it was queued; false: too many hooks are waiting, and it is dropped
    [[nodiscard]] bool add(entry what);
    /// The next hook to run, which counts as running from now on.
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
