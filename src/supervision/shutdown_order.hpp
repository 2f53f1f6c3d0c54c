// Which of many machines is shut down when, within one budget, without I/O: a machine ends before those that it was started after.
// Invariant: every machine is shut down, and no machine's share of the budget reaches beyond the end of the whole.
#ifndef COQMP_SRC_SUPERVISION_SHUTDOWN_ORDER_HPP
#define COQMP_SRC_SUPERVISION_SHUTDOWN_ORDER_HPP

#include "supervision/machine_order.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace coqmp::detail {

/// The machines at the beginning of a chain share the budget fairly with those behind them: of three in a row, the first one has a
/// third of it, the second one half of what is left then, and the last one the rest. A machine that has not ended at the end of its
/// share (its process cannot be killed) does not hold up the others.
class shutdown_order
{
public:
    using clock = std::chrono::steady_clock;

    /// A machine to shut down now: the arguments of machine_lifecycle::stop() or stop_with_host().
    struct step
    {
        std::string name;
        std::chrono::nanoseconds budget{};  ///< Zero: no limit. Negative: there is no time left.

        friend bool operator==(step const&, step const&) = default;
    };

    /// @param all the machines that have a process. An order in a circle is cut somewhere
    /// @param budget for all of them. Zero: no limit. Negative: SIGKILL at once
    shutdown_order(std::vector<ordered_machine> const& all, std::chrono::nanoseconds budget, clock::time_point now);

    shutdown_order(shutdown_order&&) = default;
    shutdown_order& operator=(shutdown_order&&) = default;
    ~shutdown_order() = default;

    void ended(std::string_view name) noexcept;

    /// The machines to shut down now. Each is named once.
    [[nodiscard]] std::vector<step> next(clock::time_point now);

    /// When to call next() even if no machine ends; the end of time if never.
    [[nodiscard]] clock::time_point next_time() const noexcept;

    /// Whether all machines have ended, or could have.
    [[nodiscard]] bool is_over() const noexcept { return open_ == 0; }

private:
    enum class progress { waiting, stopping, over };
    struct entry
    {
        std::string name;
        std::vector<std::size_t> before;  ///< Those that it was started after: they end later.
        std::size_t height = 0;           ///< How many machines are in the longest chain from it on.
        std::size_t blockers = 0;         ///< How many must end before it.
        progress state = progress::waiting;
        clock::time_point deadline = clock::time_point::max();
    };

    void connect(std::vector<ordered_machine> const& all);
    void measure();
    [[nodiscard]] std::chrono::nanoseconds share(entry const& of, clock::time_point now) const noexcept;
    void close(entry& which) noexcept;

    std::vector<entry> entries_;
    std::unordered_map<std::string_view, std::size_t> numbers_;  ///< Of the entries, by name.
    std::chrono::nanoseconds budget_;
    clock::time_point end_;
    std::size_t open_;
};

}  // namespace coqmp::detail

#endif
