// What a service manager is told.
#include "clients.hpp"
#include "running_proxy.hpp"
#include "support/real_qemu.hpp"
#include "support/run.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <string>

using namespace qmp_proxy::test;

COROUTINE_TEST_CASE(the_service_manager_follows_the_proxy)
{
    proxy_fixture const here;
    coqmp::test::real_qemu const qemu;
    running_proxy proxy({qemu.monitor().path(), "--listen", here.path("a")});
    BOOST_TEST(contains(proxy.expect("STATUS="), "waiting for QEMU; 0 clients"));
    BOOST_TEST(contains(proxy.expect("STATUS="), "connected to QEMU"));
    proxy.expect_ready();
    auto client = co_await connect_to(here.at("a"));
    BOOST_TEST(contains(proxy.expect("STATUS="), "; 1 client"));
    co_await client.async_close(boost::asio::use_awaitable);
    BOOST_TEST(contains(proxy.expect("STATUS="), "; 0 clients"));
    proxy.signal(SIGHUP);
    BOOST_TEST(contains(proxy.expect("RELOADING=1"), "MONOTONIC_USEC="));
    proxy.expect_ready();
    proxy.signal(SIGTERM);
    proxy.expect("STOPPING=1");
    proxy.expect("EXTEND_TIMEOUT_USEC=");
    BOOST_TEST(proxy.wait() == 0);
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_told_that_the_proxy_is_alive)
{
    proxy_fixture const here;
    coqmp::test::real_qemu const qemu;
    running_proxy proxy({qemu.monitor().path(), "--listen", here.path("a")}, {"WATCHDOG_USEC=20000"});
    for (int time = 0; time < 3; ++time)
        proxy.expect("WATCHDOG=1");
    BOOST_TEST(proxy.stop() == 0);
}
