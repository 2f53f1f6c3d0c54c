// Ends a machine, the gentlest way that works within a budget.
// Invariant: a step ends when its time is over, when it has worked or when it cannot work; the last step, SIGKILL, always works.
#ifndef COQMP_SRC_MACHINE_SHUTDOWN_LADDER_HPP
#define COQMP_SRC_MACHINE_SHUTDOWN_LADDER_HPP

#include "session/session_impl.hpp"
#include "supervision/shutdown_plan.hpp"

#include <coqmp/command.hpp>
#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/guest_agent.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/shutdown_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace coqmp::detail {

class guest_agent_impl;

/// The shutdown of one machine. Used on its executor only. The machine calls stop() when the process has ended.
class shutdown_ladder : public std::enable_shared_from_this<shutdown_ladder>
{
public:
    /// @param signal sends a signal to the process
    shutdown_ladder(boost::asio::any_io_executor const& executor, std::shared_ptr<session_impl> monitor,
                    std::function<void(int)> signal, shutdown_options const& options);

    void start();
    /// Another request, which may want it sooner.
    void hurry(shutdown_options const& options);
    /// The guest needs more time: see shutdown_plan::extend().
    void extend(std::chrono::nanoseconds by);
    void stop() noexcept;

    /// The last step that was taken.
    [[nodiscard]] shutdown_step step() const noexcept { return plan_.step(); }

private:
    using clock = shutdown_plan::clock;

    void take_step();
    void advance();
    void await_time();
    void await_guest();
    using judgement = bool (*)(boost::system::error_code, reply const&);
    /// Asks for the run state, and continues with the next step if it says that the guest cannot react to its power button.
    /// @param is_over what the answer says @param otherwise runs otherwise
    void leave_if(judgement is_over, std::function<void(boost::system::error_code)> otherwise);
    void ask_guest();
    void connect_agent();
    void ask_agent();
    void press_power_button();
    void quit();
    void execute(char const* name, std::function<void(boost::system::error_code, reply)> done);
    /// A command that ends with the step.
    [[nodiscard]] command for_this_step(char const* name) const;
    /// A handler that runs only if the step is still the same.
    [[nodiscard]] pending_handler<void(boost::system::error_code, reply)> in_this_step(
        std::function<void(boost::system::error_code, reply)> done);

    std::shared_ptr<session_impl> monitor_;
    std::shared_ptr<subscription> guest_;  ///< Receives STOP while the ladder waits for the guest.
    std::optional<endpoint> const agent_address_;
    std::optional<guest_agent> own_agent_;     ///< At that address.
    std::shared_ptr<guest_agent_impl> agent_;  ///< None: the guest is asked by its power button only.
    std::function<void(int)> signal_;
    shutdown_plan plan_;
    boost::asio::steady_timer timer_;
    bool stopped_ = false;
};

}  // namespace coqmp::detail

#endif
