// What clients of a proxy ask and are told.
#ifndef COQMP_TEST_QMP_PROXY_CLIENTS_HPP
#define COQMP_TEST_QMP_PROXY_CLIENTS_HPP

#include "support/served_monitor.hpp"

#include <coqmp/command.hpp>
#include <coqmp/reply.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include <string>

namespace qmp_proxy::test {

using coqmp::test::connect_to;

/// What a command came to, as text: its result, or `CLASS: DESCRIPTION`.
inline boost::asio::awaitable<std::string> ask(coqmp::session& client, std::string command)
{
    coqmp::reply const reply = co_await client.async_execute(coqmp::command(command), boost::asio::use_awaitable);
    if (reply.has_value())
        co_return boost::json::serialize(reply.value());
    co_return reply.error().class_name + ": " + reply.error().description;
}

}  // namespace qmp_proxy::test

#endif
