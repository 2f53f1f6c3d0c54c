// --wrap: a QEMU that the proxy launches, and that ends with it.
#include "clients.hpp"
#include "running_proxy.hpp"
#include "support/run.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <string>
#include <vector>

using namespace qmp_proxy::test;

namespace {

struct wrap_fixture : proxy_fixture
{
    /// A proxy's arguments that launch a QEMU without a machine.
    [[nodiscard]] std::vector<std::string> wrapping() const
    {
        write("config", "shutdown_timeout = '0s'\n");
        return {"--config", path("config"),       "--wrap",   "--listen", path("a"),     "--policy", "all",
                "--",       "qemu-system-x86_64", "-M",       "none",     "-nodefaults", "-display", "none",
                "-S",       "-pidfile",           path("pid")};
    }
    [[nodiscard]] outcome wrap(std::string const& script) const
    {
        return run_proxy({"--wrap", "--listen", path("a"), "--", "sh", "-c", script, "sh"});
    }
    /// QEMU writes its number before it answers.
    [[nodiscard]] ::pid_t qemu() const { return static_cast<::pid_t>(std::stoi(content(path("pid")))); }
};

}  // namespace

COROUTINE_TEST_CASE(qemu_is_launched_and_its_end_is_that_of_the_proxy)
{
    wrap_fixture const here;
    running_proxy proxy(here.wrapping());
    proxy.expect_ready();
    auto client = co_await connect_to(here.at("a"));
    BOOST_TEST(contains(co_await ask(client, "query-status"), "prelaunch"));
    BOOST_TEST(co_await ask(client, "quit") == "{}");
    BOOST_TEST(proxy.wait() == 0);
    BOOST_TEST(contains(proxy.log(), "exited with status 0"));
}

BOOST_FIXTURE_TEST_CASE(the_exit_status_is_that_of_the_program, wrap_fixture)
{
    outcome const early = wrap("exit 7");
    BOOST_TEST(early.status == 7);
    BOOST_TEST(contains(early.log, "exited with status 7 before it was ready"));
    BOOST_TEST(wrap("kill -KILL $$").status == 128 + SIGKILL);
    outcome const absent = run_proxy({"--wrap", "--listen", path("a"), "--", path("nothing")});
    BOOST_TEST(absent.status == 127);
    BOOST_TEST(contains(absent.log, "cannot start " + path("nothing")));
}

BOOST_FIXTURE_TEST_CASE(the_program_has_the_output_and_the_input_of_the_proxy, wrap_fixture)
{
    outcome const came = wrap("readlink /proc/self/fd/0; echo mine >&2; exit 3");
    BOOST_TEST(came.status == 3);
    BOOST_TEST(came.output.ends_with("/input\n"));
    BOOST_TEST(contains(came.log, "mine\n"));
}

BOOST_FIXTURE_TEST_CASE(a_qemu_that_a_signal_ends_gives_its_number, wrap_fixture)
{
    running_proxy proxy(wrapping());
    proxy.expect_ready();
    ::kill(qemu(), SIGKILL);
    BOOST_TEST(proxy.wait() == 128 + SIGKILL);
}

BOOST_FIXTURE_TEST_CASE(sigterm_shuts_qemu_down, wrap_fixture)
{
    running_proxy proxy(wrapping());
    proxy.expect_ready();
    ::pid_t const process = qemu();
    BOOST_TEST(proxy.stop() == 0);
    BOOST_TEST(::kill(process, 0) != 0);
    BOOST_TEST(contains(proxy.log(), "shutting QEMU down"));
}

BOOST_FIXTURE_TEST_CASE(qemu_does_not_outlive_a_proxy_that_is_killed, wrap_fixture)
{
    running_proxy proxy(wrapping());
    proxy.expect_ready();
    ::pid_t const process = qemu();
    proxy.signal(SIGKILL);
    proxy.wait();
    wait_for_end(process);
}
