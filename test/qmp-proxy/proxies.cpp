// Clients of a real proxy of a real QEMU: what they may do, and how the proxy ends.
#include "clients.hpp"
#include "running_proxy.hpp"
#include "support/real_qemu.hpp"
#include "support/run.hpp"

#include <coqmp/error.hpp>
#include <coqmp/listener.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace qmp_proxy::test;
namespace asio = boost::asio;

namespace {

struct qemu_fixture : proxy_fixture
{
    coqmp::test::real_qemu qemu;
    std::string const upstream = qemu.monitor().path();
};

}  // namespace

COROUTINE_TEST_CASE(clients_share_a_qemu_under_their_policies)
{
    qemu_fixture const here;
    running_proxy proxy({here.upstream, "--listen", here.path("a"), "--listen", here.path("b"), "--policy", "all"});
    proxy.expect_ready();
    auto reader = co_await connect_to(here.at("a"));
    auto owner = co_await connect_to(here.at("b"));
    BOOST_TEST(contains(co_await ask(reader, "query-status"), "prelaunch"));
    BOOST_TEST(contains(co_await ask(owner, "query-status"), "prelaunch"));
    std::string const refused = co_await ask(reader, "stop");
    BOOST_TEST(refused.starts_with("CommandNotFound: "));
    BOOST_TEST(contains(refused, "read-only"));
    BOOST_TEST(co_await ask(owner, "stop") == "{}");
    BOOST_TEST(proxy.stop() == 0);
    BOOST_TEST(contains(proxy.log(), "listening at unix:" + here.path("b") + ", policy all"));
    BOOST_TEST(contains(proxy.log(), "process " + std::to_string(::getpid()) + " of user " + std::to_string(::getuid())));
}

COROUTINE_TEST_CASE(query_commands_lists_what_is_allowed)
{
    qemu_fixture const here;
    running_proxy proxy({here.upstream, "--listen", here.path("a"), "--listen", here.path("b"), "--policy", "all"});
    proxy.expect_ready();
    auto reader = co_await connect_to(here.at("a"));
    auto owner = co_await connect_to(here.at("b"));
    std::string const some = co_await ask(reader, "query-commands");
    std::string const all = co_await ask(owner, "query-commands");
    BOOST_TEST(contains(some, "\"query-status\""));
    BOOST_TEST(!contains(some, "\"quit\""));
    BOOST_TEST(contains(all, "\"quit\""));
}

COROUTINE_TEST_CASE(a_user_has_a_policy_of_its_own)
{
    qemu_fixture const here;
    std::string const user = std::to_string(::geteuid());
    std::string const config = here.write("config",
                                          "[policy.stopper]\nextends = 'read-only'\nallow = ['stop']\n"
                                          "[[listen]]\naddress = '" +
                                              here.path("a") +
                                              "'\npolicy = 'none'\n"
                                              "users = { " +
                                              user +
                                              " = 'stopper' }\n"
                                              "[[listen]]\naddress = '" +
                                              here.path("b") +
                                              "'\npolicy = 'none'\n"
                                              "groups = { 64999 = 'all' }\n");
    running_proxy proxy({here.upstream, "--config", config});
    proxy.expect_ready();
    auto known = co_await connect_to(here.at("a"));
    BOOST_TEST(co_await ask(known, "stop") == "{}");
    BOOST_TEST(contains(co_await ask(known, "cont"), "stopper"));
    coqmp::session unknown(co_await asio::this_coro::executor);
    boost::system::error_code error;
    co_await unknown.async_connect(here.at("b"), asio::redirect_error(asio::use_awaitable, error));
    BOOST_TEST((error == coqmp::errc::disconnected));
    BOOST_TEST(contains(proxy.log(), "was disconnected: no policy applies to it"));
}

BOOST_AUTO_TEST_CASE(a_socket_has_the_mode_of_its_settings)
{
    qemu_fixture const here;
    std::string const config = here.write("config", "[[listen]]\naddress = '" + here.path("a") + "'\nmode = '0660'\n");
    running_proxy proxy({here.upstream, "--config", config, "--listen", here.path("b")});
    proxy.expect_ready();
    struct ::stat facts = {};
    BOOST_REQUIRE(::stat(here.path("a").c_str(), &facts) == 0);
    BOOST_TEST((facts.st_mode & 0777U) == 0660U);
    BOOST_REQUIRE(::stat(here.path("b").c_str(), &facts) == 0);
    BOOST_TEST((facts.st_mode & 0777U) == 0600U);
}

COROUTINE_TEST_CASE(a_client_that_listens_is_dialed)
{
    qemu_fixture const here;
    coqmp::listener listener(co_await asio::this_coro::executor, here.at("client"));
    running_proxy proxy({here.upstream, "--dial", here.path("client"), "--policy", "operator"});
    auto client = co_await listener.async_accept(asio::use_awaitable);
    BOOST_TEST(co_await ask(client, "stop") == "{}");
    BOOST_TEST(contains(co_await ask(client, "quit"), "operator"));
    BOOST_TEST(proxy.stop() == 0);
}

COROUTINE_TEST_CASE(a_client_that_listens_is_dialed_again)
{
    qemu_fixture const here;
    std::string const config = here.write("config", "[[dial]]\naddress = '" + here.path("client") + "'\nreconnect = '100ms'\n");
    running_proxy proxy({here.upstream, "--config", config});
    proxy.expect_ready();  // although the client is not there yet
    coqmp::listener listener(co_await asio::this_coro::executor, here.at("client"));
    for (int time = 0; time < 2; ++time) {
        auto client = co_await listener.async_accept(asio::use_awaitable);
        BOOST_TEST(contains(co_await ask(client, "query-status"), "prelaunch"));
    }
}

// ---- The end ---------------------------------------------------------------------------------------------------------------

COROUTINE_TEST_CASE(a_qemu_that_is_killed_ends_the_proxy_with_status_3)
{
    qemu_fixture here;
    running_proxy proxy({here.upstream, "--listen", here.path("a")});
    proxy.expect_ready();
    auto client = co_await connect_to(here.at("a"));
    here.qemu.signal(SIGKILL);
    coqmp::session_end const end = co_await client.async_wait_closed(asio::use_awaitable);
    BOOST_TEST((end.reason == coqmp::errc::disconnected));
    BOOST_TEST(proxy.wait() == 3);
    BOOST_TEST(contains(proxy.log(), "the connection to QEMU at unix:" + here.upstream + " has ended: "));
}

COROUTINE_TEST_CASE(a_qemu_that_a_client_ends_ends_the_proxy_with_status_0)
{
    qemu_fixture here;
    running_proxy proxy({here.upstream, "--listen", here.path("a"), "--policy", "all"});
    proxy.expect_ready();
    auto client = co_await connect_to(here.at("a"));
    BOOST_TEST(co_await ask(client, "quit") == "{}");
    BOOST_TEST(proxy.wait() == 0);
    BOOST_TEST(here.qemu.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_qemu_that_ends_by_itself_ends_the_proxy_with_status_0)
{
    qemu_fixture here;
    running_proxy proxy({here.upstream, "--listen", here.path("a")});
    proxy.expect_ready();
    here.qemu.signal(SIGTERM);
    BOOST_TEST(proxy.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_connection_that_fails_ends_the_proxy_with_status_3)
{
    qemu_fixture const here;
    outcome const absent = run_proxy({here.path("nothing"), "--listen", here.path("a")});
    BOOST_TEST(absent.status == 3);
    BOOST_TEST(contains(absent.log, "cannot connect to unix:" + here.path("nothing")));
    outcome const no_folder = run_proxy({here.upstream, "--listen", here.path("no/a")});
    BOOST_TEST(no_folder.status == 3);
    outcome const no_client = run_proxy({here.upstream, "--dial", here.path("nothing")});
    BOOST_TEST(no_client.status == 3);
    BOOST_TEST(contains(no_client.log, "cannot connect to the client at unix:" + here.path("nothing")));
    outcome const no_audit = run_proxy({here.upstream, "--listen", here.path("a"), "--audit", here.path("no/audit")});
    BOOST_TEST(no_audit.status == 3);
}

BOOST_AUTO_TEST_CASE(a_socket_in_use_ends_with_status_3)
{
    qemu_fixture const here;
    running_proxy proxy({here.upstream, "--listen", here.path("a")});
    proxy.expect_ready();
    coqmp::test::real_qemu const other;
    BOOST_TEST(run_proxy({other.monitor().path(), "--listen", here.path("a")}).status == 3);
}

BOOST_AUTO_TEST_CASE(a_busy_monitor_is_named)
{
    qemu_fixture const here;
    running_proxy proxy({here.upstream, "--listen", here.path("a")});
    proxy.expect_ready();
    std::string const config = here.write("config", "connect_timeout = '200ms'\n");
    outcome const second = run_proxy({here.upstream, "--config", config, "--listen", here.path("b")});
    BOOST_TEST(second.status == 3);
    BOOST_TEST(contains(second.log, "is busy"));
}

BOOST_AUTO_TEST_CASE(mistakes_end_with_status_2)
{
    proxy_fixture const here;
    BOOST_TEST(run_proxy({}).status == 2);
    BOOST_TEST(run_proxy({"/run/vm", "--lisen", "/run/a"}).status == 2);
    std::string const config = here.write("config", "upstrem = '/run/vm'\n");
    outcome const wrong = run_proxy({"--config", config, "/run/vm", "--listen", here.path("a")});
    BOOST_TEST(wrong.status == 2);
    BOOST_TEST(contains(wrong.log, config + ":1:1: unknown key \"upstrem\": did you mean upstream?"));
    BOOST_TEST(run_proxy({"--config", here.path("nothing")}).status == 2);
    BOOST_TEST(run_proxy({"--help"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_check_connects_to_nothing_and_reports_problems)
{
    proxy_fixture const here;
    std::string const config =
        here.write("config", "upstream = '/run/nothing'\n[[listen]]\naddress = '" + here.path("a") + "'\n");
    outcome const good = run_proxy({"--check", "--config", config});
    BOOST_TEST(good.status == 0);
    BOOST_TEST(good.output == "no problems\n");
    std::string const bad = here.write("config", "upstream = '/run/nothing'\n[[listen]]\nadress = 'a'\n");
    outcome const wrong = run_proxy({"--check", "--config", bad});
    BOOST_TEST(wrong.status == 2);
    BOOST_TEST(wrong.output.empty());
    BOOST_TEST(contains(wrong.log, bad + ":3:1: "));
}
