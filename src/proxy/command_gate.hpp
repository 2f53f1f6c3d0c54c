// A gate that the commands of a proxy's clients pass on their way to the session, for a program that must know of some of them.
// Invariant: each command gets exactly one answer, that of the session or an error.
#ifndef COQMP_SRC_PROXY_COMMAND_GATE_HPP
#define COQMP_SRC_PROXY_COMMAND_GATE_HPP

#include "session/reply_receiver.hpp"

#include <coqmp/command.hpp>

#include <memory>

namespace coqmp::detail {
class session_impl;
}

namespace coqmp::proxy {

/// Used on the session's executor only.
class command_gate
{
public:
    command_gate(command_gate const&) = delete;
    command_gate& operator=(command_gate const&) = delete;

    /// Executes a command, now or later. In-band commands stay in their order.
    /// @param receiver never called inside this function
    virtual void pass(std::shared_ptr<detail::session_impl> const& session, command&& what,
                      std::unique_ptr<detail::reply_receiver> receiver) = 0;

protected:
    command_gate() = default;
    ~command_gate() = default;
};

}  // namespace coqmp::proxy

#endif
