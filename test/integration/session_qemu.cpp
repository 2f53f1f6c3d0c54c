// The session against real programs: QEMU 7.2 or later and qemu-storage-daemon.
#include "support/completion.hpp"
#include "support/real_qemu.hpp"
#include "support/run.hpp"

#include <coqmp/session.hpp>

#include <boost/asio/as_tuple.hpp>

#include <fcntl.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;
using namespace coqmp::test;
using namespace std::chrono_literals;
using coqmp::command;
using coqmp::errc;
using coqmp::reply;

namespace {

completion<reply> ask(coqmp::session& client, command what)
{
    completion<reply> result(client.get_executor());
    client.async_execute(std::move(what), result.token());
    return result;
}

/// A command that keeps QEMU's main loop busy for some milliseconds.
command slow()
{
    return command("human-monitor-command").with("command-line", "info qom-tree");
}

asio::awaitable<void> talks_to(real_qemu const& qemu)
{
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(qemu.monitor(), asio::deferred);
    BOOST_TEST(client.greeting().version.major >= 7);
    BOOST_TEST(client.out_of_band_enabled());
    json::value const status = co_await client.execute("query-status");
    BOOST_TEST(status.at("status").as_string() == "prelaunch");
    reply const refused = co_await client.async_execute("no-such-command", asio::deferred);
    BOOST_TEST(refused.error().class_name == "CommandNotFound");
    co_await client.quit();
}

std::string link_target(std::filesystem::path const& link)
{
    return std::filesystem::read_symlink(link).native();
}

}  // namespace

COROUTINE_TEST_CASE(qemu_over_a_unix_socket)
{
    real_qemu qemu;
    co_await talks_to(qemu);
    BOOST_TEST(qemu.wait() == 0);
}

COROUTINE_TEST_CASE(qemu_over_tcp)
{
    real_qemu qemu(real_qemu::no_machine(), monitor_kind::tcp);
    co_await talks_to(qemu);
    BOOST_TEST(qemu.wait() == 0);
}

COROUTINE_TEST_CASE(qemu_through_a_pair_of_sockets)
{
    real_qemu qemu(real_qemu::no_machine(), monitor_kind::pair);
    co_await talks_to(qemu);
    BOOST_TEST(qemu.wait() == 0);
}

COROUTINE_TEST_CASE(qemu_that_prints_pretty_json)
{
    real_qemu qemu(real_qemu::no_machine(), monitor_kind::unix_socket, ",pretty=on");
    co_await talks_to(qemu);
    BOOST_TEST(qemu.wait() == 0);
}

COROUTINE_TEST_CASE(the_schema_arrives_whole)
{
    real_qemu qemu;
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(qemu.monitor(), asio::deferred);
    json::value const schema = co_await client.execute("query-qmp-schema");
    BOOST_TEST(schema.as_array().size() > 500U);
    BOOST_TEST(client.counters().bytes_received > 150'000U);
}

COROUTINE_TEST_CASE(a_second_client_finds_the_monitor_busy)
{
    auto const executor = co_await this_coro::executor;
    real_qemu qemu;
    coqmp::session first(executor);
    co_await first.async_connect(qemu.monitor(), asio::deferred);
    coqmp::session_options impatient;
    impatient.connect_timeout = 100ms;
    coqmp::session second(executor, impatient);
    auto const [error] = co_await second.async_connect(qemu.monitor(), asio::as_tuple(asio::deferred));
    BOOST_TEST(error == errc::monitor_busy);
}

COROUTINE_TEST_CASE(a_stopped_qemu_is_late_and_its_late_reply_is_dropped)
{
    real_qemu qemu;
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(qemu.monitor(), asio::deferred);
    qemu.stop();
    command what("query-version");
    what.timeout(50ms);
    auto const [error, none] = co_await client.async_execute(what, asio::as_tuple(asio::deferred));
    BOOST_TEST(error == errc::timed_out);
    BOOST_TEST(error == errc::outcome_unknown);
    qemu.resume();
    json::value const status = co_await client.execute("query-status");
    BOOST_TEST(status.at("status").as_string() == "prelaunch");
    BOOST_TEST(client.counters().late_replies == 1U);
}

COROUTINE_TEST_CASE(a_qemu_that_is_killed_in_the_middle_of_a_reply_is_a_disconnection)
{
    auto const executor = co_await this_coro::executor;
    for (int round = 0; round < 5; ++round) {
        real_qemu qemu;
        coqmp::session client(executor);
        co_await client.async_connect(qemu.monitor(), asio::deferred);
        auto const status = ask(client, "query-status");
        std::vector<completion<reply>> schemas;
        for (int index = 0; index < 5; ++index)
            schemas.push_back(ask(client, "query-qmp-schema"));
        co_await status.done();
        qemu.signal(SIGKILL);
        BOOST_TEST(qemu.wait() == 128 + SIGKILL);
        error_code const error = co_await schemas.back().done();
        BOOST_TEST(error == errc::disconnected);
        BOOST_TEST(error == errc::outcome_unknown);
    }
}

COROUTINE_TEST_CASE(replies_to_a_client_that_vanished_do_not_disturb_the_next_one)
{
    auto const executor = co_await this_coro::executor;
    real_qemu qemu;
    for (int round = 0; round < 20; ++round) {
        coqmp::session client(executor);
        co_await client.async_connect(qemu.monitor(), asio::deferred);
        json::value const version = co_await client.execute("query-version");
        BOOST_TEST(version.as_object().contains("qemu"));
        // They are queued or running when the client is gone.
        for (int index = 0; index < 7; ++index)
            ask(client, "query-qmp-schema");
        co_await ask(client, command("query-yank").out_of_band()).done();
    }
}

COROUTINE_TEST_CASE(an_out_of_band_command_overtakes_a_hundred_that_wait_behind_a_slow_one)
{
    real_qemu qemu({"-M", "q35,accel=tcg", "-nodefaults", "-display", "none", "-S"});
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(qemu.monitor(), asio::deferred);
    auto const first = ask(client, slow());
    std::vector<completion<reply>> behind;
    for (int index = 0; index < 100; ++index)
        behind.push_back(ask(client, slow()));
    auto const probe = ask(client, command("query-yank").out_of_band());
    error_code const error = co_await probe.done();
    BOOST_TEST(error == error_code());
    BOOST_TEST(behind.back().times() == 0);
    int answered = 0;
    for (auto const& each : behind)
        answered += each.times();
    BOOST_TEST(answered < 14, "it is not behind more than the two windows that were there when it came");
    error_code const last = co_await behind.back().done();
    BOOST_TEST(last == error_code());
}

COROUTINE_TEST_CASE(three_files_that_are_sent_at_once_each_reach_their_own_command)
{
    real_qemu qemu({"-M", "q35,accel=tcg", "-nodefaults", "-display", "none", "-S"});
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(qemu.monitor(), asio::deferred);
    auto const busy = ask(client, slow());
    std::vector<completion<reply>> added;
    std::vector<std::string> paths;
    for (int index = 0; index < 3; ++index) {
        paths.push_back(qemu.directory() / ("file" + std::to_string(index)));
        std::ofstream(paths.back()) << index;
        int const number = ::open(paths.back().c_str(), O_RDONLY | O_CLOEXEC);
        added.push_back(ask(client, command("add-fd").with("fdset-id", index).with_descriptor(coqmp::descriptor(number))));
    }
    auto const proc = std::filesystem::path("/proc") / std::to_string(qemu.pid()) / "fd";
    for (std::size_t index = 0; index < added.size(); ++index) {
        error_code const error = co_await added[index].done();
        BOOST_REQUIRE_EQUAL(error, error_code());
        auto const number = added[index].value().value().at("fd").as_int64();
        BOOST_TEST(link_target(proc / std::to_string(number)) == paths[index]);
    }
    json::value const sets = co_await client.execute("query-fdsets");
    BOOST_TEST(sets.as_array().size() == 3U);
    co_await busy.done();
}

COROUTINE_TEST_CASE(the_deepest_command_that_we_send_is_one_that_qemu_takes)
{
    real_qemu qemu;
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(qemu.monitor(), asio::deferred);
    // The command and its arguments are two levels.
    json::value deep = json::array();
    for (int level = 3; level < 1024; ++level) {
        json::array around;
        around.push_back(std::move(deep));
        deep = std::move(around);
    }
    reply const answer = co_await client.async_execute(command("query-version").with("deep", deep), asio::deferred);
    BOOST_TEST(answer.error().description == "Parameter 'deep' is unexpected");
    json::array deeper;
    deeper.push_back(std::move(deep));
    auto const error = co_await ask(client, command("query-version").with("deep", std::move(deeper))).done();
    BOOST_TEST(error == errc::arguments_too_deep);
    BOOST_TEST(error == errc::not_sent);
    co_await client.execute("query-status");
    BOOST_TEST(client.counters().unattributed_errors == 0U);
}

COROUTINE_TEST_CASE(events_come_before_the_reply_that_they_belong_to)
{
    real_qemu qemu;
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(qemu.monitor(), asio::deferred);
    auto stream = client.subscribe();
    co_await client.execute("cont");
    auto const resumed = stream.try_next();
    BOOST_REQUIRE(resumed.has_value());
    BOOST_TEST(resumed->name == "RESUME");
    BOOST_TEST(resumed->timestamp.has_value());
    coqmp::event const stopped = co_await client.execute_until("stop", "STOP");
    BOOST_TEST(stopped.name == "STOP");
    coqmp::event const down = co_await client.execute_until("quit", "SHUTDOWN");
    BOOST_TEST(down.data.at("reason").as_string() == "host-qmp-quit");
    BOOST_TEST(qemu.wait() == 0);
}

COROUTINE_TEST_CASE(a_hundred_commands_at_once_are_answered_in_order)
{
    real_qemu qemu;
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(qemu.monitor(), asio::deferred);
    int next = 0;
    for (int index = 0; index < 100; ++index)
        client.async_execute("query-status", [&next, index](error_code error, reply const& answer) {
            BOOST_TEST(error == error_code());
            BOOST_TEST(answer.has_value());
            BOOST_TEST(next++ == index);
        });
    co_await client.execute("query-version");
    BOOST_TEST(next == 100);
}

COROUTINE_TEST_CASE(the_storage_daemon_quits_without_an_event)
{
    real_qemu daemon("qemu-storage-daemon",
                     {"--chardev", "socket,id=monitor,fd=3,server=on,wait=on", "--monitor", "chardev=monitor"},
                     monitor_kind::unix_socket);
    coqmp::session client(co_await this_coro::executor);
    co_await client.async_connect(daemon.monitor(), asio::deferred);
    auto stream = client.subscribe();
    co_await client.execute(command("blockdev-add").with("driver", "null-co").with("node-name", "scratch"));
    co_await client.quit();
    auto const none = co_await stream.next();
    BOOST_TEST(!none.has_value());
    BOOST_TEST(daemon.wait() == 0);
}
