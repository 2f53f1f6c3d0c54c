// The control socket: QMP, with the daemon's own commands.
#ifndef COQMPD_CONTROL_CONTROL_SERVER_HPP
#define COQMPD_CONTROL_CONTROL_SERVER_HPP

#include "control/argument_reader.hpp"
#include "control/control_access.hpp"
#include "daemon/log/logger.hpp"
#include "daemon_settings.hpp"

#include <coqmp/endpoint.hpp>
#include <coqmp/lifecycle.hpp>
#include <coqmp/monitor_client.hpp>
#include <coqmp/monitor_policy.hpp>
#include <coqmp/monitor_request.hpp>
#include <coqmp/monitor_server.hpp>
#include <coqmp/socket_access.hpp>
#include <coqmp/supervisor.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace coqmpd {

/// What the daemon knows besides the supervisor. A function may be null.
struct control_rules
{
    /// `refused` or `missing`, if the machine is not supervised as its present file says; else empty.
    std::function<std::string(std::string const& machine)> file_problem;
    /// Why the machine must not be launched now; empty: it may.
    std::function<boost::asio::awaitable<std::string>(std::string machine)> launch_problem;
    /// Shuts all machines down, in place of the supervisor.
    std::function<boost::asio::awaitable<boost::system::error_code>(std::chrono::nanoseconds budget)> shut_down;
};

/// control_schema() lists the commands and events. A client may use those that its policy allows, and sees no others. Each command that changes something is logged with the client that sent it.
/// @par Threads That of its executor.
class control_server
{
public:
    /// Does not listen yet.
    /// @param machines outlive this object
    control_server(boost::asio::any_io_executor const& executor, coqmp::supervisor& machines, coqmp_daemon::logger& log,
                   control_rules rules = {});
    control_server(control_server const&) = delete;
    control_server& operator=(control_server const&) = delete;

    /// Clients wait until accept_clients() is called.
    /// @throws boost::system::system_error it cannot listen: another daemon does, for example
    void listen(std::string const& path, daemon_settings const& wanted);
    void accept_clients() { server_.accept_clients(true); }

    /// Follows other settings from now on. A client that may do nothing any more is disconnected.
    /// @throws boost::system::system_error the socket cannot have this owner or group: all is as it was before
    void apply(daemon_settings const& wanted);

    /// The machine has this status now.
    void publish(std::string const& machine, coqmp::machine_status const& status);

    /// Stops listening, and disconnects all clients. Machines that they are starting or stopping are still started or stopped.
    void close() noexcept { server_.close(); }

private:
    using work = std::function<boost::json::value(coqmp::monitor_request const&, argument_reader&)>;

    void connected(coqmp::monitor_client const& client);
    void add(std::string const& command, work what);
    void add_queries();
    void add_orders();
    void check(coqmp::monitor_request const& request) const;
    [[nodiscard]] coqmp::monitor_policy const& policy_of(coqmp::monitor_client const& client) const;
    void note(coqmp::monitor_request const& request, std::string const& machine);
    [[nodiscard]] coqmp::machine_status known(std::string const& machine) const;
    [[nodiscard]] boost::json::value describe(std::string const& machine) const;
    void add_file_problem(std::string const& machine, boost::json::object& to) const;
    [[nodiscard]] boost::json::value describe_all() const;
    using order = void (coqmp::supervisor::*)(std::string_view);
    [[nodiscard]] boost::asio::awaitable<boost::json::value> launch(coqmp::monitor_request& request, order what);
    [[nodiscard]] boost::asio::awaitable<boost::json::value> stop(coqmp::monitor_request& request);
    [[nodiscard]] boost::asio::awaitable<boost::json::value> shut_down(coqmp::monitor_request& request);

    coqmp::supervisor& machines_;
    coqmp_daemon::logger& log_;
    control_rules rules_;
    std::optional<coqmp::endpoint> at_;
    coqmp::socket_access socket_;
    control_access access_;
    std::map<std::uint64_t, coqmp::monitor_client> clients_;  ///< By their numbers.
    std::set<std::string> given_up_;                          ///< Published as such.
    coqmp::monitor_server server_;
};

}  // namespace coqmpd

#endif
