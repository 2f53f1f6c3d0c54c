// Which step of a shutdown is taken when, without I/O.
// Invariant: the steps are taken in order, each at most once, and none later than a request allowed.
#ifndef COQMP_SRC_SUPERVISION_SHUTDOWN_PLAN_HPP
#define COQMP_SRC_SUPERVISION_SHUTDOWN_PLAN_HPP

#include <coqmp/shutdown_options.hpp>

#include <array>
#include <chrono>
#include <cstddef>

namespace coqmp::detail {

class shutdown_plan
{
public:
    using clock = std::chrono::steady_clock;

    /// The first step is the guest's, or a later one if the options leave that out.
    shutdown_plan(shutdown_options const& options, clock::time_point now);

    /// Another request to shut down: of both times for a step, the earlier one counts.
    void hurry(shutdown_options const& options, clock::time_point now);

    [[nodiscard]] shutdown_step step() const noexcept { return step_; }
    [[nodiscard]] clock::time_point end_of_step() const noexcept { return end_of(step_); }

    /// The guest's crash kernel writes a dump: all steps that are left end later by this much, and the power button is not pressed
    /// meanwhile.
    void extend(std::chrono::nanoseconds by, clock::time_point now) noexcept;

    /// When to call expire() or press() next; the end of time if never.
    [[nodiscard]] clock::time_point next_time() const noexcept;

    /// Ends the steps whose time is over. @return whether there is another step now
    bool expire(clock::time_point now) noexcept;

    /// The step has worked, or cannot work.
    void advance() noexcept;

    /// @return whether the power button is to be pressed again
    bool press(clock::time_point now) noexcept;

private:
    using times = std::array<clock::time_point, 3>;

    [[nodiscard]] static times ends(shutdown_options const& options, clock::time_point now) noexcept;
    [[nodiscard]] static shutdown_step first(shutdown_options const& options) noexcept;
    [[nodiscard]] clock::time_point end_of(shutdown_step step) const noexcept;

    times ends_;
    std::chrono::nanoseconds repeat_;
    clock::time_point next_press_;
    shutdown_step step_;
};

}  // namespace coqmp::detail

#endif
