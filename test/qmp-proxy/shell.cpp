// qmp-shell as a client of a proxy, beside another one.
#include "clients.hpp"
#include "running_proxy.hpp"
#include "support/real_qemu.hpp"
#include "support/run.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/wait.h>

#include <cstdlib>
#include <string>

using namespace qmp_proxy::test;

namespace {

/// Runs a shell command, and records its output. @return its exit status
int run_command(std::string const& words, std::string const& output)
{
    std::string const line = words + " </dev/null >" + output + " 2>&1";
    return WEXITSTATUS(std::system(line.c_str()));  // NOLINT(concurrency-mt-unsafe,cert-env33-c): our own words
}

}  // namespace

COROUTINE_TEST_CASE(the_shell_is_a_client_like_any_other)
{
    proxy_fixture const here;
    coqmp::test::real_qemu const qemu;
    running_proxy proxy({qemu.monitor().path(), "--listen", here.path("a")});
    proxy.expect_ready();
    auto other = co_await connect_to(here.at("a"));
    std::string const shell = std::string(QMP_SHELL_PROGRAM) + ' ' + here.path("a");
    BOOST_TEST(run_command(shell + " -c query-status", here.path("out")) == 0);
    BOOST_TEST(contains(content(here.path("out")), "prelaunch"));
    BOOST_TEST(run_command(shell + " -c stop", here.path("out")) == 1);
    BOOST_TEST(contains(content(here.path("out")), "CommandNotFound: The policy 'read-only' does not allow the command 'stop'"));
    BOOST_TEST(contains(co_await ask(other, "query-status"), "prelaunch"));
    BOOST_TEST(proxy.stop() == 0);
}
