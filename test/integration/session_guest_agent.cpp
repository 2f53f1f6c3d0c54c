// A session with a real guest agent: no greeting, no negotiation, and an answer that begins with 0xFF.
#include "support/real_qemu.hpp"
#include "support/run.hpp"

#include <coqmp/session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using namespace coqmp::test;
using coqmp::command;

namespace {

/// Its socket is handed over as systemd does it: with its own `--path` a test would have to wait until it listens.
struct guest_agent
{
    temporary_directory state;
    real_qemu program{"sh",
                      {"-c", R"(LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 2>/dev/null)", "sh", "/usr/sbin/qemu-ga", "--method",
                       "unix-listen", "--statedir", state.path().string()},
                      monitor_kind::unix_socket};
};

coqmp::session_options no_greeting()
{
    coqmp::session_options result;
    result.negotiate = false;
    return result;
}

}  // namespace

COROUTINE_TEST_CASE(a_guest_agent_answers)
{
    guest_agent const guest;
    coqmp::session client(co_await this_coro::executor, no_greeting());
    co_await client.async_connect(guest.program.monitor(), asio::deferred);

    json::value const pong = co_await client.execute("guest-ping");
    BOOST_TEST(pong == json::value(json::object()));
    json::value const information = co_await client.execute("guest-info");
    BOOST_TEST(information.at("version").as_string().size() > 2U);
    auto const [error, refusal] = co_await client.async_execute("guest-nonsense", asio::as_tuple(asio::deferred));
    BOOST_TEST(!error);
    BOOST_TEST((refusal.error().code() == coqmp::error_class::command_not_found));
    BOOST_TEST(!client.out_of_band_enabled());
    client.close();
}

COROUTINE_TEST_CASE(a_guest_agent_is_synchronized_with_by_its_delimiter)
{
    guest_agent const guest;
    coqmp::session client(co_await this_coro::executor, no_greeting());
    co_await client.async_connect(guest.program.monitor(), asio::deferred);

    // Its answer begins with 0xFF, which is in no JSON.
    json::value const answer = co_await client.execute(command("guest-sync-delimited").with("id", 4711));
    BOOST_TEST(answer.as_int64() == 4711);
    json::value const pong = co_await client.execute("guest-ping");
    BOOST_TEST(pong == json::value(json::object()));
    client.close();
}
