// The state behind a request.
#ifndef COQMP_SRC_SERVER_REQUEST_IMPL_HPP
#define COQMP_SRC_SERVER_REQUEST_IMPL_HPP

#include "protocol/client_command.hpp"
#include "protocol/ticket.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/monitor_client.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace coqmp::detail {

class client_connection;

class request_impl
{
public:
    request_impl(std::weak_ptr<client_connection> from, protocol::ticket which, protocol::client_command&& what,
                 std::shared_ptr<monitor_client const> sender) noexcept
        : connection(std::move(from)), ticket(which), command(std::move(what)), client(std::move(sender))
    {}

    std::weak_ptr<client_connection> const connection;
    protocol::ticket const ticket;
    protocol::client_command command;
    std::shared_ptr<monitor_client const> const client;
    std::vector<descriptor> descriptors;
    bool is_answered = false;
};

}  // namespace coqmp::detail

#endif
