// A command for the guest agent, and who waits for it.
#ifndef COQMP_SRC_GUEST_AGENT_AGENT_COMMAND_HPP
#define COQMP_SRC_GUEST_AGENT_AGENT_COMMAND_HPP

#include <coqmp/command.hpp>
#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/reply.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace coqmp::detail {

struct agent_command
{
    using handler_type = pending_handler<void(boost::system::error_code, reply)>;
    /// @param is_abandoned whether the caller's operation has completed before the command has ended
    using end_function = std::function<void(bool is_abandoned, boost::system::error_code, reply const&)>;

    explicit agent_command(command request) : what(std::move(request)) {}

    /// Completes the caller's operation, if that still waits.
    void complete(boost::system::error_code error, reply answer)
    {
        if (!handler)
            return;
        handler->post(error, std::move(answer));
        handler.reset();
    }

    /// The command has its answer, or will get none.
    void finish(boost::system::error_code error, reply answer)
    {
        bool const is_abandoned = !handler;
        auto const notify = std::exchange(on_end, nullptr);
        if (notify)
            notify(is_abandoned, error, answer);
        complete(error, std::move(answer));
    }

    command what;
    std::optional<handler_type> handler;  ///< until the caller's operation has completed
    end_function on_end;                  ///< called once, when the command has its answer or will get none
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    bool is_cleanup = false;  ///< Must reach the agent: it is sent whatever the caller does, and waits until the guest is thawed.
    bool cancelled = false;   ///< before the agent's executor has seen it
};

using command_pointer = std::shared_ptr<agent_command>;

}  // namespace coqmp::detail

#endif
