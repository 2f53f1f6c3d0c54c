// A session with a real guest agent: no greeting, no negotiation, and an answer that begins with 0xFF.
#include "support/real_qemu.hpp"
#include "support/run.hpp"

#include <coqmp/session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>

#include <string_view>
#include <tuple>

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
    // The agent reports the 0xFF before the command first, without an id: that is not the command's answer.
    json::value const answer = co_await client.execute(command("guest-sync-delimited").with("id", 4711));
    BOOST_TEST(answer.as_int64() == 4711);
    BOOST_TEST(client.counters().unattributed_errors == 1U);
    json::value const pong = co_await client.execute("guest-ping");
    BOOST_TEST(pong == json::value(json::object()));
    client.close();
}

COROUTINE_TEST_CASE(a_guest_agent_is_used_without_ids)
{
    guest_agent const guest;
    auto options = no_greeting();
    options.ids = coqmp::command_ids::never;
    coqmp::session client(co_await this_coro::executor, options);
    co_await client.async_connect(guest.program.monitor(), asio::deferred);

    auto slow = client.async_execute("guest-info", asio::deferred);
    auto sync = client.async_execute(command("guest-sync-delimited").with("id", 1), asio::deferred);
    auto wrong = client.async_execute("guest-nonsense", asio::deferred);
    auto ping = client.async_execute("guest-ping", asio::deferred);
    auto all = asio::experimental::make_parallel_group(std::move(slow), std::move(sync), std::move(wrong), std::move(ping));
    auto const ended = co_await all.async_wait(asio::experimental::wait_for_all(), asio::as_tuple(asio::deferred));
    BOOST_TEST(std::get<2>(ended).value().as_object().contains("version"));
    BOOST_TEST(std::get<4>(ended).value().as_int64() == 1);
    BOOST_TEST((std::get<6>(ended).error().code() == coqmp::error_class::command_not_found));
    BOOST_TEST(std::get<8>(ended).value() == json::value(json::object()));
    client.close();
}

COROUTINE_TEST_CASE(a_guest_agent_forgets_the_half_of_a_command_that_an_earlier_client_sent)
{
    guest_agent const guest;
    auto const executor = co_await this_coro::executor;
    asio::local::stream_protocol::socket raw(executor);
    raw.connect(asio::local::stream_protocol::endpoint(guest.program.monitor().path()));
    asio::write(raw, asio::buffer(std::string_view(R"({"execute":"guest-info"}{"execute":"gue)")));

    // The same connection goes on, as a virtio channel does: the first reply is not ours, and half a command still waits for
    // its end.
    coqmp::session client(executor, no_greeting());
    co_await client.async_connect(coqmp::endpoint::descriptor(coqmp::descriptor(raw.release())), asio::deferred);
    json::value const answer = co_await client.execute(command("guest-sync-delimited").with("id", 4711));
    BOOST_TEST(answer.as_int64() == 4711);
    BOOST_TEST(client.counters().unknown_ids == 1U);
    json::value const pong = co_await client.execute("guest-ping");
    BOOST_TEST(pong == json::value(json::object()));
    client.close();
}
