#include "control/control_server.hpp"

#include "control/control_schema.hpp"
#include "control/machine_description.hpp"
#include "daemon/access/client_description.hpp"
#include "daemon/access/listen_again.hpp"
#include "daemon/log/log_priority.hpp"

#include <coqmp/command_error.hpp>
#include <coqmp/command_failed.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/error.hpp>
#include <coqmp/monitor_server_options.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <unistd.h>

#include <chrono>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using coqmp_daemon::log_priority;

namespace coqmpd {

namespace {

/// The source of lines about clients in the log.
constexpr std::string_view log_source = "control";

using client_hook = std::function<void(coqmp::monitor_client const&)>;

coqmp::monitor_server_options server_options(client_hook connected, client_hook disconnected, coqmp_daemon::logger& log)
{
    coqmp::monitor_server_options result;
    result.greeting.version.package = "coqmpd";
    result.max_message_size = std::size_t{1} << 20;
    result.on_connected = std::move(connected);
    result.on_disconnected = std::move(disconnected);
    result.log = [&log](coqmp::log_level level, std::string_view sentence) {
        log.write(coqmp_daemon::priority_of(level), log_source, sentence);
    };
    return result;
}

[[noreturn]] void refuse(std::string_view error_class, std::string description)
{
    throw coqmp::command_failed("", coqmp::command_error{std::string(error_class), std::move(description)});
}

}  // namespace

control_server::control_server(asio::any_io_executor const& executor, coqmp::supervisor& machines, coqmp_daemon::logger& log,
                               control_rules rules)
    : machines_(machines),
      log_(log),
      rules_(std::move(rules)),
      access_(daemon_settings(), ::geteuid()),
      server_(executor, server_options([this](coqmp::monitor_client const& client) { connected(client); },
                                       [this](coqmp::monitor_client const& client) { clients_.erase(client.number); }, log))
{
    add_queries();
    add_orders();
}

void control_server::listen(std::string const& path, daemon_settings const& wanted)
{
    server_.accept_clients(false);
    access_ = control_access(wanted, ::geteuid());
    socket_ = wanted.control.access();
    at_ = server_.listen(coqmp::endpoint::unix_socket(path), socket_);
}

void control_server::apply(daemon_settings const& wanted)
{
    coqmp::socket_access const socket = wanted.control.access();
    if (socket != socket_)
        coqmp_daemon::listen_again(server_, *at_, socket_, socket);
    socket_ = socket;
    access_ = control_access(wanted, ::geteuid());
    for (auto const& [number, client] : std::map(clients_))
        if (!access_.policy_for(client))
            connected(client);
}

void control_server::connected(coqmp::monitor_client const& client)
{
    if (auto const policy = access_.policy_for(client)) {
        clients_.emplace(client.number, client);
        log_.write(log_priority::debug, log_source,
                   coqmp_daemon::describe(client) + ", connected with the policy " + policy->name());
        return;
    }
    log_.write(log_priority::warning, log_source, coqmp_daemon::describe(client) + ", was disconnected: its policy is none");
    server_.disconnect(client.number);
}

void control_server::publish(std::string const& machine, coqmp::machine_status const& status)
{
    json::object data = describe_machine(machine, status, std::nullopt, std::chrono::steady_clock::now());
    add_file_problem(machine, data);
    server_.publish("MACHINE_STATE_CHANGED", data);
    if (status.state != coqmp::lifecycle::given_up)
        given_up_.erase(machine);
    else if (given_up_.insert(machine).second)
        server_.publish("MACHINE_GAVE_UP", data);
}

// ---- Commands --------------------------------------------------------------------------------------------------------------

void control_server::add(std::string const& command, work what)
{
    server_.handle(command, [this, what = std::move(what)](coqmp::monitor_request request) {
        try {
            check(request);
            argument_reader arguments(request.arguments());
            request.answer(what(request, arguments));
        } catch (coqmp::command_failed const& failure) {
            request.fail(failure.error());
        } catch (std::exception const& failure) {
            request.fail(std::string(failure.what()));
        }
    });
}

void control_server::add_queries()
{
    auto const add_constant = [this](std::string const& command, json::value const& answer) {
        add(command, [answer](coqmp::monitor_request const&, argument_reader& arguments) {
            arguments.finish();
            return answer;
        });
    };
    using listing = json::array (*)(coqmp::monitor_policy const&);
    auto const add_listing = [this](std::string const& command, listing list) {
        add(command, [this, list](coqmp::monitor_request const& request, argument_reader& arguments) -> json::value {
            arguments.finish();
            return list(policy_of(request.client()));
        });
    };
    json::object name;
    name["name"] = "coqmpd";
    json::object version;
    version["qemu"] = {{"major", 0}, {"minor", 0}, {"micro", 0}};
    version["package"] = "coqmpd";
    add_listing("query-commands", control_commands);
    add_constant("query-name", name);
    add_listing("query-qmp-schema", control_schema);
    add_constant("query-version", version);
    add("query-machine", [this](coqmp::monitor_request const&, argument_reader& arguments) {
        std::string const machine = arguments.text("name");
        arguments.finish();
        return describe(machine);
    });
    add("query-machines", [this](coqmp::monitor_request const&, argument_reader& arguments) {
        arguments.finish();
        return describe_all();
    });
}

void control_server::add_orders()
{
    server_.handle("machine-start",
                   [this](coqmp::monitor_request& request) { return launch(request, &coqmp::supervisor::start); });
    server_.handle("machine-restart",
                   [this](coqmp::monitor_request& request) { return launch(request, &coqmp::supervisor::restart); });
    server_.handle("machine-stop", [this](coqmp::monitor_request& request) { return stop(request); });
    server_.handle("machines-shutdown", [this](coqmp::monitor_request& request) { return shut_down(request); });
}

asio::awaitable<json::value> control_server::launch(coqmp::monitor_request& request, order what)
{
    check(request);
    argument_reader arguments(request.arguments());
    std::string const machine = arguments.text("name");
    arguments.finish();
    coqmp::lifecycle const state = known(machine).state;
    note(request, machine);
    bool const runs = state == coqmp::lifecycle::running || state == coqmp::lifecycle::paused;
    bool const launches = what == &coqmp::supervisor::restart || !runs;
    std::string problem;
    if (launches && rules_.launch_problem)
        problem = co_await rules_.launch_problem(machine);
    if (!problem.empty())
        refuse("GenericError", "The machine '" + machine + "' is not started: " + problem);
    (machines_.*what)(machine);
    co_return json::object();
}

asio::awaitable<json::value> control_server::stop(coqmp::monitor_request& request)
{
    check(request);
    argument_reader arguments(request.arguments());
    std::string const machine = arguments.text("name");
    auto const budget = arguments.seconds("timeout");
    bool const waits = arguments.flag("wait", true);
    arguments.finish();
    (void)known(machine);
    note(request, machine);
    if (!waits) {
        machines_.async_stop(machine, budget, [](boost::system::error_code, coqmp::machine_end const&) {});
        co_return json::object();
    }
    auto stopping = machines_.async_stop(machine, budget, asio::as_tuple(asio::deferred));
    auto const [error, end] = co_await std::move(stopping);
    if (error)
        throw boost::system::system_error(error, machine);
    co_return describe_end(end);
}

asio::awaitable<json::value> control_server::shut_down(coqmp::monitor_request& request)
{
    check(request);
    argument_reader arguments(request.arguments());
    std::chrono::nanoseconds const budget = arguments.seconds("timeout").value_or(std::chrono::minutes(5));
    arguments.finish();
    note(request, "all machines");
    boost::system::error_code error;
    if (rules_.shut_down)
        error = co_await rules_.shut_down(budget);
    else
        co_await machines_.async_shutdown(budget, asio::redirect_error(asio::use_awaitable, error));
    if (error)
        throw boost::system::system_error(error, "not all machines have ended");
    co_return json::object();
}

void control_server::check(coqmp::monitor_request const& request) const
{
    auto const why = policy_of(request.client()).refusal(request.name(), request.arguments());
    if (!why)
        return;
    log_.write(log_priority::notice, log_source,
               coqmp_daemon::describe(request.client()) + ": " + request.name() + " is refused: " + why->description);
    throw coqmp::command_failed("", *why);
}

/// A client that is being disconnected has no policy any more, and is allowed nothing.
coqmp::monitor_policy const& control_server::policy_of(coqmp::monitor_client const& client) const
{
    static coqmp::monitor_policy const nothing(coqmp_daemon::no_policy);
    auto const found = access_.policy_for(client);
    return found ? *found : nothing;
}

void control_server::note(coqmp::monitor_request const& request, std::string const& machine)
{
    log_.write(log_priority::notice, log_source,
               coqmp_daemon::describe(request.client()) + ": " + request.name() + ", " + machine);
}

// ---- Answers ---------------------------------------------------------------------------------------------------------------

coqmp::machine_status control_server::known(std::string const& machine) const
{
    try {
        return machines_.status(machine);
    } catch (boost::system::system_error const& failure) {
        if (failure.code() != coqmp::errc::no_such_machine)
            throw;
    }
    refuse("DeviceNotFound", "Machine '" + machine + "' not found");
}

json::value control_server::describe(std::string const& machine) const
{
    coqmp::machine_status const status = known(machine);
    json::object result = describe_machine(machine, status, machines_.pid(machine), std::chrono::steady_clock::now());
    add_file_problem(machine, result);
    return result;
}

void control_server::add_file_problem(std::string const& machine, json::object& to) const
{
    std::string const problem = rules_.file_problem ? rules_.file_problem(machine) : std::string();
    if (!problem.empty())
        to["file"] = problem;
}

json::value control_server::describe_all() const
{
    json::array result;
    for (std::string const& each : machines_.names())
        result.emplace_back(describe(each));
    return result;
}

}  // namespace coqmpd
