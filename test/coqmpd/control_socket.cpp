// The control socket, with a supervisor whose machines have no process.
#include "control/control_schema.hpp"
#include "control/control_server.hpp"
#include "daemon_settings.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <coqmp/coqmp.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using namespace coqmpd;
using coqmp::test::contains;

namespace {

/// A control socket for the machines `build` and `web`, which were never started, and the log.
class controlled_machines
{
public:
    /// @param settings the daemon's file
    explicit controlled_machines(asio::any_io_executor const& executor, std::string const& settings = "",
                                 control_rules rules = {})
        : log_(executor, log_options()), machines_(executor), control_(executor, machines_, log_, std::move(rules))
    {
        machines_.add("web", coqmp::machine_spec());
        machines_.add("build", coqmp::machine_spec());
        std::filesystem::permissions(directory_.path(), std::filesystem::perms(0711));
        control_.listen(path(), parse_daemon_settings(settings, "coqmpd.toml"));
        control_.accept_clients();
    }

    [[nodiscard]] coqmp::endpoint address() const { return coqmp::endpoint::unix_socket(path()); }
    [[nodiscard]] control_server& control() noexcept { return control_; }
    [[nodiscard]] std::string const& log() const noexcept { return lines_; }
    void apply(std::string const& settings) { control_.apply(parse_daemon_settings(settings, "coqmpd.toml")); }
    [[nodiscard]] unsigned mode() const
    {
        struct ::stat facts = {};
        BOOST_REQUIRE(::stat(path().c_str(), &facts) == 0);
        return facts.st_mode & 0777U;
    }

private:
    [[nodiscard]] std::string path() const { return (directory_.path() / "control.sock").native(); }
    [[nodiscard]] coqmp_daemon::logger_options log_options()
    {
        coqmp_daemon::logger_options result;
        result.write = [this](std::string_view line) {
            lines_ += line;
            return true;
        };
        return result;
    }

    coqmp::test::temporary_directory directory_;
    std::string lines_;
    coqmp_daemon::logger log_;
    coqmp::supervisor machines_;
    control_server control_;
};

/// While it exists, this process connects as a user who is not the daemon's. The kernel keeps who has connected.
class another_user
{
public:
    another_user() { BOOST_REQUIRE(::seteuid(number) == 0); }
    another_user(another_user const&) = delete;
    another_user& operator=(another_user const&) = delete;
    ~another_user() { BOOST_TEST(::seteuid(0) == 0); }

    static constexpr ::uid_t number = 65534;
};

/// A client that is neither root nor the daemon's user.
asio::awaitable<void> connect_as_another(coqmp::session& client, coqmp::endpoint address)
{
    another_user const us;
    co_await client.async_connect(address, asio::use_awaitable);
}

/// What a command returned as text, or `CLASS: DESCRIPTION`.
asio::awaitable<std::string> ask(coqmp::session& client, coqmp::command request)
{
    coqmp::reply const answer = co_await client.async_execute(std::move(request), asio::use_awaitable);
    if (answer.has_value())
        co_return json::serialize(answer.value());
    co_return answer.error().class_name + ": " + answer.error().description;
}

/// Only root can connect as another user.
bool is_root()
{
    if (::geteuid() == 0)
        return true;
    BOOST_TEST_MESSAGE("not root: this test case checks nothing");
    return false;
}

asio::awaitable<std::string> refuse_web(std::string machine)
{
    std::string const result = machine == "web" ? "it cannot" : "";
    co_return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(control_socket, *boost::unit_test::timeout(100))

COROUTINE_TEST_CASE(a_client_asks_for_machines)
{
    auto const executor = co_await asio::this_coro::executor;
    controlled_machines daemon(executor);
    coqmp::session client(executor);
    co_await client.async_connect(daemon.address(), asio::use_awaitable);
    std::string const one = R"({"name":"build","state":"defined","liveness":"gone","boot-looping":false,"dumping":false})";
    std::string const other = R"({"name":"web","state":"defined","liveness":"gone","boot-looping":false,"dumping":false})";
    std::string const all = co_await ask(client, coqmp::command("query-machines"));
    BOOST_TEST(all == "[" + one + "," + other + "]");
    std::string const found = co_await ask(client, coqmp::command("query-machine").with("name", "web"));
    BOOST_TEST(found == other);
}

COROUTINE_TEST_CASE(a_client_asks_for_the_schema)
{
    auto const executor = co_await asio::this_coro::executor;
    controlled_machines daemon(executor);
    coqmp::session client(executor);
    co_await client.async_connect(daemon.address(), asio::use_awaitable);
    coqmp::schema const schema = co_await coqmp::query_schema(client);
    BOOST_TEST(schema.command_names() == control_commands(), boost::test_tools::per_element());
    for (std::string const& each : control_commands()) {
        std::string const answer = co_await ask(client, coqmp::command(each).with("no-such-argument", 1));
        BOOST_TEST_INFO(each);
        BOOST_TEST((!contains(answer, "The command " + each + " has not been found") || each == "qmp_capabilities"));
    }
}

COROUTINE_TEST_CASE(a_client_sees_and_does_what_its_policy_allows)
{
    auto const executor = co_await asio::this_coro::executor;
    if (!is_root())
        co_return;
    controlled_machines daemon(executor, "[control]\nmode = '0666'\n");
    coqmp::session client(executor);
    co_await connect_as_another(client, daemon.address());
    std::string const machines = co_await ask(client, coqmp::command("query-machines"));
    BOOST_TEST(machines.starts_with("["));
    std::string const start = co_await ask(client, coqmp::command("machine-start").with("name", "web"));
    BOOST_TEST(start == "CommandNotFound: The policy 'read-only' does not allow the command 'machine-start'");
    std::string const all = co_await ask(client, coqmp::command("machines-shutdown"));
    BOOST_TEST(all == "CommandNotFound: The policy 'read-only' does not allow the command 'machines-shutdown'");
    BOOST_TEST(contains(daemon.log(), "of user 65534: machine-start is refused: The policy 'read-only'"));
    std::string const schema = co_await ask(client, coqmp::command("query-qmp-schema"));  // query_schema() has a cache
    BOOST_TEST(!contains(schema, "machine-start"));
    std::string const commands = co_await ask(client, coqmp::command("query-commands"));
    BOOST_TEST(!contains(commands, "machine-start"));
    BOOST_TEST(contains(commands, "query-machine"));
}

COROUTINE_TEST_CASE(a_reload_gives_a_client_another_policy_or_disconnects_it)
{
    auto const executor = co_await asio::this_coro::executor;
    if (!is_root())
        co_return;
    controlled_machines daemon(executor, "[control]\nmode = '0666'\n");
    coqmp::session client(executor);
    co_await connect_as_another(client, daemon.address());
    daemon.apply("[control]\nmode = '0666'\nusers = { 65534 = 'operator' }\n");
    std::string const start = co_await ask(client, coqmp::command("machine-start").with("name", "none"));
    BOOST_TEST(start == "DeviceNotFound: Machine 'none' not found");
    daemon.apply("[control]\nmode = '0600'\nusers = { 65534 = 'none' }\n");
    coqmp::session_end const end = co_await client.async_wait_closed(asio::use_awaitable);
    BOOST_TEST((end.reason == coqmp::errc::disconnected));
    BOOST_TEST(contains(daemon.log(), "of user 65534, was disconnected: its policy is none"));
    BOOST_TEST(daemon.mode() == 0600U);
}

COROUTINE_TEST_CASE(a_machine_that_does_not_exist_is_not_found)
{
    auto const executor = co_await asio::this_coro::executor;
    controlled_machines daemon(executor);
    coqmp::session client(executor);
    co_await client.async_connect(daemon.address(), asio::use_awaitable);
    for (char const* const each : {"query-machine", "machine-start", "machine-stop", "machine-restart"}) {
        std::string const answer = co_await ask(client, coqmp::command(each).with("name", "none"));
        BOOST_TEST(answer == "DeviceNotFound: Machine 'none' not found");
    }
    BOOST_TEST(!contains(daemon.log(), "none"));
}

COROUTINE_TEST_CASE(a_file_that_is_not_followed_is_shown)
{
    auto const executor = co_await asio::this_coro::executor;
    control_rules rules;
    rules.file_problem = [](std::string const& machine) { return machine == "web" ? "missing" : ""; };
    controlled_machines daemon(executor, "", rules);
    coqmp::session client(executor);
    co_await client.async_connect(daemon.address(), asio::use_awaitable);
    std::string const found = co_await ask(client, coqmp::command("query-machine").with("name", "web"));
    BOOST_TEST(contains(found, R"("file":"missing")"));
    std::string const other = co_await ask(client, coqmp::command("query-machine").with("name", "build"));
    BOOST_TEST(!contains(other, "file"));
}

COROUTINE_TEST_CASE(a_machine_that_must_not_be_launched_is_not_started)
{
    auto const executor = co_await asio::this_coro::executor;
    control_rules rules;
    rules.launch_problem = refuse_web;
    controlled_machines daemon(executor, "", rules);
    coqmp::session client(executor);
    co_await client.async_connect(daemon.address(), asio::use_awaitable);
    for (char const* const each : {"machine-start", "machine-restart"}) {
        std::string const answer = co_await ask(client, coqmp::command(each).with("name", "web"));
        BOOST_TEST(answer == "GenericError: The machine 'web' is not started: it cannot");
        std::string const found = co_await ask(client, coqmp::command("query-machine").with("name", "web"));
        BOOST_TEST(contains(found, R"("state":"defined")"));
    }
}

COROUTINE_TEST_CASE(a_wrong_argument_is_refused)
{
    auto const executor = co_await asio::this_coro::executor;
    controlled_machines daemon(executor);
    coqmp::session client(executor);
    co_await client.async_connect(daemon.address(), asio::use_awaitable);
    std::string const missing = co_await ask(client, coqmp::command("machine-start"));
    BOOST_TEST(missing == "GenericError: Parameter 'name' is missing");
    std::string const wrong = co_await ask(client, coqmp::command("machine-stop").with("name", "web").with("wait", 1));
    BOOST_TEST(wrong == "GenericError: Invalid parameter type for 'wait', expected: boolean");
}

COROUTINE_TEST_CASE(a_stop_of_a_machine_that_is_down_completes_and_is_logged)
{
    auto const executor = co_await asio::this_coro::executor;
    controlled_machines daemon(executor);
    coqmp::session client(executor);
    co_await client.async_connect(daemon.address(), asio::use_awaitable);
    std::string const waiting = co_await ask(client, coqmp::command("machine-stop").with("name", "web"));
    BOOST_TEST(contains(waiting, "\"description\":"));
    std::string const quick = co_await ask(client, coqmp::command("machine-stop").with("name", "web").with("wait", false));
    BOOST_TEST(quick == "{}");
    BOOST_TEST(contains(daemon.log(), "machine-stop, web"));
    std::string const all = co_await ask(client, coqmp::command("machines-shutdown"));
    BOOST_TEST(all == "{}");
}

COROUTINE_TEST_CASE(clients_get_each_change_and_one_event_when_a_machine_is_given_up)
{
    auto const executor = co_await asio::this_coro::executor;
    controlled_machines daemon(executor);
    coqmp::session client(executor);
    co_await client.async_connect(daemon.address(), asio::use_awaitable);
    coqmp::event_stream events = client.subscribe();
    coqmp::machine_status status;
    status.state = coqmp::lifecycle::given_up;
    daemon.control().publish("web", status);
    status.is_boot_looping = true;
    daemon.control().publish("web", status);
    std::string names;
    for (int count = 0; count < 3; ++count) {
        std::optional<coqmp::event> const next = co_await events.next();
        BOOST_REQUIRE(next.has_value());
        BOOST_TEST(next->data.at("name").as_string() == "web");
        names += next->name + ' ';
    }
    BOOST_TEST(names == "MACHINE_STATE_CHANGED MACHINE_GAVE_UP MACHINE_STATE_CHANGED ");
}

BOOST_AUTO_TEST_SUITE_END()
