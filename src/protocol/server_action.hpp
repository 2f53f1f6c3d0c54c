// What the caller of a server's dialogue has to do after a step.
#ifndef COQMP_SRC_PROTOCOL_SERVER_ACTION_HPP
#define COQMP_SRC_PROTOCOL_SERVER_ACTION_HPP

#include "protocol/action.hpp"
#include "protocol/client_command.hpp"
#include "protocol/ticket.hpp"

#include <coqmp/command_error.hpp>

#include <variant>

namespace coqmp::protocol {

struct negotiated  ///< The client has negotiated; from now on it may get events.
{
    friend bool operator==(negotiated, negotiated) = default;
};
struct requested  ///< The caller executes a command, and answers it with its ticket.
{
    protocol::ticket ticket{};
    client_command command;
    friend bool operator==(requested const&, requested const&) = default;
};
struct refused  ///< The dialogue has answered a message with an error; this is only for logs and counters.
{
    command_error error;
    friend bool operator==(refused const&, refused const&) = default;
};
using server_action = std::variant<nothing, negotiated, requested, refused>;

}  // namespace coqmp::protocol

#endif
