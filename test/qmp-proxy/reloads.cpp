// What SIGHUP changes, and what it does not.
#include "clients.hpp"
#include "running_proxy.hpp"
#include "support/real_qemu.hpp"
#include "support/run.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace qmp_proxy::test;
namespace asio = boost::asio;

namespace {

struct reload_fixture : proxy_fixture
{
    coqmp::test::real_qemu qemu;

    /// The text of a socket's table.
    [[nodiscard]] std::string socket(char const* name, std::string const& rest = "") const
    {
        return "[[listen]]\naddress = '" + path(name) + "'\n" + rest + '\n';
    }
    void configure(std::string const& text) const { write("config", "upstream = '" + qemu.monitor().path() + "'\n" + text); }
    [[nodiscard]] std::vector<std::string> arguments() const { return {"--config", path("config")}; }
};

}  // namespace

COROUTINE_TEST_CASE(a_client_that_is_connected_gets_its_new_policy)
{
    reload_fixture const here;
    here.configure(here.socket("a"));
    running_proxy proxy(here.arguments());
    proxy.expect_ready();
    auto client = co_await connect_to(here.at("a"));
    BOOST_TEST(contains(co_await ask(client, "stop"), "read-only"));
    here.configure("[policy.day]\nextends = 'read-only'\nallow = ['stop']\n" + here.socket("a", "policy = 'day'"));
    proxy.reload();
    BOOST_TEST(co_await ask(client, "stop") == "{}");
    here.configure("[policy.day]\nextends = 'read-only'\n" + here.socket("a", "policy = 'day'"));
    proxy.reload();
    BOOST_TEST(contains(co_await ask(client, "stop"), "day"));
    BOOST_TEST(proxy.stop() == 0);
}

COROUTINE_TEST_CASE(sockets_appear_and_disappear_with_their_clients)
{
    reload_fixture const here;
    here.configure(here.socket("a") + here.socket("b"));
    running_proxy proxy(here.arguments());
    proxy.expect_ready();
    auto stays = co_await connect_to(here.at("a"));
    auto goes = co_await connect_to(here.at("b"));
    here.configure(here.socket("c") + here.socket("a"));
    proxy.reload();
    coqmp::session_end const end = co_await goes.async_wait_closed(asio::use_awaitable);
    BOOST_TEST((end.reason == coqmp::errc::disconnected));
    BOOST_TEST(!std::filesystem::exists(here.path("b")));
    BOOST_TEST(contains(co_await ask(stays, "query-status"), "prelaunch"));
    auto comes = co_await connect_to(here.at("c"));
    BOOST_TEST(contains(co_await ask(comes, "query-status"), "prelaunch"));
}

COROUTINE_TEST_CASE(a_new_mode_concerns_later_clients)
{
    reload_fixture const here;
    here.configure(here.socket("a"));
    running_proxy proxy(here.arguments());
    proxy.expect_ready();
    auto before = co_await connect_to(here.at("a"));
    here.configure(here.socket("a", "mode = '0666'"));
    proxy.reload();
    struct ::stat facts = {};
    BOOST_REQUIRE(::stat(here.path("a").c_str(), &facts) == 0);
    BOOST_TEST((facts.st_mode & 0777U) == 0666U);
    auto after = co_await connect_to(here.at("a"));
    BOOST_TEST(contains(co_await ask(before, "query-status"), "prelaunch"));
    BOOST_TEST(contains(co_await ask(after, "query-status"), "prelaunch"));
}

COROUTINE_TEST_CASE(a_broken_file_is_refused_as_a_whole)
{
    reload_fixture const here;
    here.configure(here.socket("a", "policy = 'operator'"));
    running_proxy proxy(here.arguments());
    proxy.expect_ready();
    auto client = co_await connect_to(here.at("a"));
    here.configure(here.socket("a", "policy = 'read-only'") + here.socket("b", "polcy = 'all'"));
    proxy.reload();
    BOOST_TEST(contains(proxy.log(), here.path("config") + ":7:1: unknown key \"polcy\""));
    BOOST_TEST(contains(proxy.log(), "the configuration was not reloaded: the old one stays"));
    BOOST_TEST(co_await ask(client, "stop") == "{}");
    BOOST_TEST(!std::filesystem::exists(here.path("b")));
    BOOST_TEST(proxy.stop() == 0);
}

COROUTINE_TEST_CASE(a_file_with_a_socket_that_cannot_be_made_is_refused_as_a_whole)
{
    reload_fixture const here;
    here.configure(here.socket("a", "policy = 'operator'"));
    running_proxy proxy(here.arguments());
    proxy.expect_ready();
    auto client = co_await connect_to(here.at("a"));
    here.configure(here.socket("a", "mode = '0666'") + here.socket("b") + here.socket("no/c"));
    proxy.reload();
    BOOST_TEST(contains(proxy.log(), "the configuration was not reloaded: the old one stays"));
    BOOST_TEST(!std::filesystem::exists(here.path("b")));
    BOOST_TEST(co_await ask(client, "stop") == "{}");
    struct ::stat facts = {};
    BOOST_REQUIRE(::stat(here.path("a").c_str(), &facts) == 0);
    BOOST_TEST((facts.st_mode & 0777U) == 0600U);
    auto after = co_await connect_to(here.at("a"));
    BOOST_TEST(co_await ask(after, "stop") == "{}");
}

COROUTINE_TEST_CASE(a_change_that_needs_a_restart_is_reported)
{
    reload_fixture const here;
    here.configure(here.socket("a"));
    running_proxy proxy(here.arguments());
    proxy.expect_ready();
    here.configure("hold = true\n" + here.socket("a"));
    proxy.reload();
    BOOST_TEST(contains(proxy.log(), "changes to upstream, hold and limits take effect when qmp-proxy is started again"));
    BOOST_TEST(proxy.stop() == 0);
    co_return;
}

COROUTINE_TEST_CASE(a_policy_with_a_command_that_qemu_does_not_have_is_used_with_a_warning)
{
    reload_fixture const here;
    std::string const rest = here.socket("a", "policy = 'day'");
    here.configure("[policy.day]\nallow = ['stop', 'quitt']\n" + rest);
    running_proxy proxy(here.arguments());
    proxy.expect_ready();
    proxy.expect_in_log("warning " + here.path("config") + ":3:18: policy \"day\": QEMU ");
    BOOST_TEST(contains(proxy.log(), "has no command \"quitt\": did you mean quit?"));
    auto client = co_await connect_to(here.at("a"));
    BOOST_TEST(co_await ask(client, "stop") == "{}");
    here.configure("[policy.day]\nallow = ['screnndump', 'stop', 'quit']\n" + rest);
    proxy.reload();
    proxy.expect_in_log("has no command \"screnndump\": did you mean screendump?");
    BOOST_TEST(!contains(proxy.log(), "no command \"quit\""));
    BOOST_TEST(proxy.stop() == 0);
}

COROUTINE_TEST_CASE(the_audit_log_is_reopened)
{
    reload_fixture const here;
    here.configure("audit = '" + here.path("audit") + "'\n" + here.socket("a"));
    running_proxy proxy(here.arguments());
    proxy.expect_ready();
    auto client = co_await connect_to(here.at("a"));
    (void)co_await ask(client, "query-status");
    (void)co_await ask(client, "stop");
    std::filesystem::rename(here.path("audit"), here.path("audit.1"));
    proxy.reload();
    (void)co_await ask(client, "query-name");
    BOOST_TEST(proxy.stop() == 0);
    std::string const old = content(here.path("audit.1"));
    std::string const now = content(here.path("audit"));
    BOOST_TEST(contains(old, R"("command":"query-status","outcome":"done")"));
    BOOST_TEST(contains(old, R"("command":"stop","outcome":"refused","error":"CommandNotFound")"));
    BOOST_TEST(!contains(old, "query-name"));
    BOOST_TEST(contains(now, R"("policy":"read-only","command":"query-name","outcome":"done")"));
    BOOST_TEST(times(now, "\n") == 1U);
}
