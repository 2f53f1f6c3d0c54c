// Which of many machines may be launched now, without I/O: some after others, and only so many at a time.
// Invariant: a machine that waits is granted in the end, if those that were granted settle. An order in a circle holds up nothing.
#ifndef COQMP_SRC_SUPERVISION_START_QUEUE_HPP
#define COQMP_SRC_SUPERVISION_START_QUEUE_HPP

#include "supervision/machine_order.hpp"

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace coqmp::detail {

/// For actions::launch. Only the order of starts counts: a machine does not wait for one that is down, has failed or backs off.
/// At the start of a daemon, add all requests before the first call of next().
class start_queue
{
public:
    /// @param most at a time. Zero: no limit
    explicit start_queue(std::size_t most) noexcept : most_(most) {}

    /// The machine will be requested or withdrawn soon: machines that start after it wait for that.
    void expect(std::string const& name) { expected_.insert(name); }
    /// It wants to be launched. If it already waits, this changes its order only.
    void request(ordered_machine what);
    /// It is not to be launched any more. @return whether it waited, and so was not launched
    bool withdraw(std::string_view name);
    /// The launch is over: the machine is ready, or has ended.
    void settled(std::string_view name);

    /// The machines to launch now, in the order of their requests.
    [[nodiscard]] std::vector<std::string> next();

    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
    [[nodiscard]] std::size_t starting() const noexcept { return starting_.size(); }

private:
    using queue = std::list<ordered_machine>;

    [[nodiscard]] bool may_start(ordered_machine const& what) const;
    [[nodiscard]] bool has_room() const noexcept { return most_ == 0 || starting_.size() < most_; }
    /// @return the next entry
    queue::iterator grant(queue::iterator which, std::vector<std::string>& granted);

    std::size_t most_;
    queue waiting_;
    std::unordered_map<std::string, queue::iterator> places_;  ///< In waiting_, by name.
    std::unordered_set<std::string> expected_;
    std::unordered_set<std::string> starting_;
};

}  // namespace coqmp::detail

#endif
