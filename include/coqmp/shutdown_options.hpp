// How a machine is shut down.
#ifndef COQMP_SHUTDOWN_OPTIONS_HPP
#define COQMP_SHUTDOWN_OPTIONS_HPP

#include <coqmp/endpoint.hpp>

#include <chrono>
#include <iosfwd>
#include <memory>
#include <optional>
#include <utility>

namespace coqmp {

class guest_agent;

namespace detail {
class guest_agent_impl;
}  // namespace detail

/// The steps of machine::async_shutdown(), in their order. The next one begins when the time of a step is over, and as soon as
/// the step cannot work.
enum class shutdown_step {
    none,       ///< The machine was not shut down by us.
    guest,      ///< Asks the guest to shut down.
    quit,       ///< QMP's `quit`.
    terminate,  ///< SIGTERM.
    kill        ///< SIGKILL.
};

/// `SIGTERM`, for example.
[[nodiscard]] char const* to_string(shutdown_step step) noexcept;
std::ostream& operator<<(std::ostream& out, shutdown_step step);

/// Whether the guest is asked to shut down.
enum class ask_guest : bool {
    no,  ///< QEMU is ended without notice: the guest loses what it has not written to its disks yet.
    yes  ///< By its power button (`system_powerdown`), or through its agent first.
};

/// Options of machine::async_shutdown().
/// @code
/// co_await machine.async_shutdown(coqmp::shutdown_options(10s).without_guest());
///
/// coqmp::shutdown_options options(90s);
/// options.terminate_time = 5s;
/// co_await machine.async_shutdown(options);
/// @endcode
/// @see examples/machine_end.cpp
class shutdown_options
{
public:
    shutdown_options() = default;

    /// @param budget_for_all for all steps
    explicit shutdown_options(std::chrono::nanoseconds budget_for_all) noexcept : budget(budget_for_all) {}

    /// For all steps. Zero: no limit; each step then takes as long as it can still work, and a guest may ignore its power button
    /// forever. Negative (when nothing is left of an outer budget, for example): SIGKILL at once.
    std::chrono::nanoseconds budget = std::chrono::seconds(75);

    /// Whether the guest is asked to shut down. If not, `quit` is the first step.
    coqmp::ask_guest ask_guest = coqmp::ask_guest::yes;

    /// `ask_guest = ask_guest::no`, for expressions.
    /// @see examples/machine_end.cpp
    shutdown_options& without_guest() & noexcept
    {
        ask_guest = coqmp::ask_guest::no;
        return *this;
    }
    /// @copydoc without_guest
    [[nodiscard]] shutdown_options without_guest() && noexcept { return std::move(without_guest()); }

    /// Asks the guest's agent first (`guest-shutdown`): it also shuts down a guest that ignores its power button. If the agent
    /// does not answer, or refuses, the power button is pressed at once, and otherwise after `repeat`.
    /// @param agent a connected one; it may be on another execution context. The options keep what they need of it.
    shutdown_options& ask_through(guest_agent const& agent) &;
    /// @copydoc ask_through
    [[nodiscard]] shutdown_options ask_through(guest_agent const& agent) && { return std::move(ask_through(agent)); }
    /// Asks the guest's agent first, at this address: the connection is made when the shutdown begins, and ends with the machine. If
    /// that takes more than 5 s or fails, the power button is pressed at once. Replaces another agent.
    /// @param agent where QEMU offers the agent's port, or nothing: only the power button. A descriptor serves one shutdown only
    shutdown_options& ask_through(std::optional<endpoint> agent) &;
    /// @copydoc ask_through(std::optional<endpoint>)&
    [[nodiscard]] shutdown_options ask_through(std::optional<endpoint> agent) &&
    {
        return std::move(ask_through(std::move(agent)));
    }

    /// Of ask_through(guest_agent const&). None: there is no connected agent.
    [[nodiscard]] std::shared_ptr<detail::guest_agent_impl> const& agent() const noexcept { return agent_; }
    /// Of ask_through(std::optional<endpoint>).
    [[nodiscard]] std::optional<endpoint> const& agent_address() const& noexcept { return agent_address_; }
    /// @copydoc agent_address
    [[nodiscard]] std::optional<endpoint> agent_address() && noexcept { return std::move(agent_address_); }

    /// The power button is pressed again after this time, because a guest that is booting ignores it. Zero: it is pressed once.
    std::chrono::nanoseconds repeat = std::chrono::seconds(10);

    /// The time of each step; SIGKILL has what is left. Zero: a share of the budget, half of it for the guest and an eighth each
    /// for `quit` and SIGTERM. Every step ends when only an eighth of the budget is left.
    std::chrono::nanoseconds guest_time = std::chrono::nanoseconds::zero();
    std::chrono::nanoseconds quit_time = std::chrono::nanoseconds::zero();       ///< As guest_time.
    std::chrono::nanoseconds terminate_time = std::chrono::nanoseconds::zero();  ///< As guest_time.

private:
    std::shared_ptr<detail::guest_agent_impl> agent_;
    std::optional<endpoint> agent_address_;
};

}  // namespace coqmp

#endif
