// A reconnecting session against real QEMUs, which are killed and replaced.
#include "support/completion.hpp"
#include "support/reconnecting.hpp"
#include "support/run.hpp"

#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>

#include <boost/asio/as_tuple.hpp>

#include <csignal>
#include <string>

using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::connection_state;
using coqmp::connection_status;
using coqmp::errc;

namespace asio = boost::asio;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;

namespace {

coqmp::reconnect_options quick(coqmp::unsent_commands unsent)
{
    coqmp::reconnect_options options;
    options.first_pause = 5ms;
    options.longest_pause = 50ms;
    options.unsent = unsent;
    return options;
}

coqmp::machine_spec with_monitor(std::string const& chardev)
{
    coqmp::machine_spec spec;
    spec.arguments = {"-M",          "none",
                      "-nodefaults", "-display",
                      "none",        "-S",
                      "-chardev",    "socket,id=second," + chardev,
                      "-mon",        "chardev=second,mode=control"};
    return spec;
}

/// Reads events until this one. @return how many markers came before it
asio::awaitable<int> markers_before(coqmp::event_stream& events, std::string name)
{
    int count = 0;
    for (;;) {
        auto const event = co_await events.next();
        BOOST_REQUIRE(event.has_value());
        if (event->name == name)
            co_return count;
        count += is_event_gap(*event) ? 1 : 0;
    }
}

/// Kills QEMU while it has a command, and checks what becomes of that command and of later ones.
asio::awaitable<void> lose(coqmp::machine& qemu, coqmp::reconnecting_session& client)
{
    ::kill(qemu.pid(), SIGSTOP);
    completion<coqmp::reply> sent(client.get_executor());
    client.async_execute("query-version", sent.token());
    // Until it is written: a command that meets the end of the connection would wait for the next QEMU, and there is none.
    co_await asio::post(client.get_executor(), asio::deferred);
    qemu.kill();
    co_await qemu.async_wait(asio::deferred);
    error_code const error = co_await sent.done();
    BOOST_TEST(error == errc::outcome_unknown);
    co_await reach(client, connection_state::lost);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_reconnecting_session, *boost::unit_test::timeout(200))

COROUTINE_TEST_CASE(dials_a_qemu_again_that_was_killed_and_replaced)
{
    auto const executor = co_await this_coro::executor;
    temporary_directory const directory;
    std::string const path = directory.path() / "monitor";
    coqmp::reconnecting_session client(executor, coqmp::endpoint::unix_socket(path), quick(coqmp::unsent_commands::wait));
    auto events = client.subscribe({"RESUME"});
    client.start();
    for (int number = 1; number <= 3; ++number) {
        completion<coqmp::reply> waits(executor);
        client.async_execute("cont", waits.token());
        // wait=on: with wait=off QEMU 7.2 hangs if its first client connects while two of its threads accept.
        coqmp::machine qemu(executor, with_monitor("path=" + path + ",server=on,wait=on"));
        co_await qemu.async_start(asio::deferred);
        error_code const error = co_await waits.done();
        BOOST_TEST(!error);
        int const markers = co_await markers_before(events, "RESUME");
        BOOST_TEST(markers == (number == 1 ? 0 : 1));
        BOOST_TEST(client.status().connections == static_cast<std::uint64_t>(number));
        co_await lose(qemu, client);
    }
}

COROUTINE_TEST_CASE(accepts_a_qemu_again_that_was_killed_and_replaced)
{
    auto const executor = co_await this_coro::executor;
    temporary_directory const directory;
    coqmp::listener from(executor, coqmp::endpoint::unix_socket(directory.path() / "monitor"));
    coqmp::reconnecting_session client(executor, from, quick(coqmp::unsent_commands::fail));
    auto events = client.subscribe({"RESUME"});
    for (int number = 1; number <= 3; ++number) {
        coqmp::machine qemu(executor, with_monitor("path=" + from.local_endpoint().path() + ",reconnect=1"));
        co_await qemu.async_start(asio::deferred);
        co_await client.async_wait_connected(asio::deferred);
        auto continued = client.execute("cont");
        co_await std::move(continued);
        int const markers = co_await markers_before(events, "RESUME");
        BOOST_TEST(markers == (number == 1 ? 0 : 1));
        co_await lose(qemu, client);
    }
}

BOOST_AUTO_TEST_SUITE_END()
