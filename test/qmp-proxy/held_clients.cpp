// --hold: clients stay connected when QEMU ends, and get the next one.
#include "clients.hpp"
#include "running_proxy.hpp"
#include "support/real_qemu.hpp"
#include "support/run.hpp"

#include <coqmp/event.hpp>
#include <coqmp/event_stream.hpp>

#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace qmp_proxy::test;

namespace {

/// QEMUs that come one after the other to the same address.
struct restart_fixture : proxy_fixture
{
    [[nodiscard]] std::unique_ptr<coqmp::test::real_qemu> start_qemu() const
    {
        std::vector<std::string> arguments = coqmp::test::real_qemu::no_machine();
        arguments.insert(arguments.end(), {"-qmp", "unix:" + path("qemu") + ",server=on,wait=off"});
        using namespace coqmp::test;
        return std::make_unique<real_qemu>("qemu-system-x86_64", arguments, monitor_kind::unix_socket);
    }
};

}  // namespace

COROUTINE_TEST_CASE(a_held_client_gets_the_next_qemu)
{
    restart_fixture const here;
    running_proxy proxy({here.path("qemu"), "--listen", here.path("a"), "--hold"});
    proxy.expect_ready();  // before there is a QEMU
    auto qemu = here.start_qemu();
    proxy.expect("STATUS=connected to QEMU");
    auto client = co_await connect_to(here.at("a"));
    coqmp::event_stream events = client.subscribe("__org.coqmp_GAP");
    qemu->signal(SIGKILL);
    qemu->wait();
    proxy.expect("STATUS=waiting for QEMU");
    BOOST_TEST(contains(co_await ask(client, "query-status"), "GenericError"));
    qemu = here.start_qemu();
    std::optional<coqmp::event> const gap = co_await events.next();
    BOOST_TEST(gap.has_value());
    BOOST_TEST(contains(co_await ask(client, "query-status"), "prelaunch"));
    BOOST_TEST(proxy.stop() == 0);
}

COROUTINE_TEST_CASE(a_proxy_that_holds_can_be_ended_without_a_qemu)
{
    restart_fixture const here;
    running_proxy proxy({here.path("qemu"), "--listen", here.path("a"), "--hold"});
    proxy.expect_ready();
    BOOST_TEST(proxy.stop() == 0);
    BOOST_TEST(times(proxy.log(), "cannot connect") == 1U);
    co_return;
}
