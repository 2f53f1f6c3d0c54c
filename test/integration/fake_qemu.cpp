// What a fake QEMU answers, and how clients reach it.
#include <coqmp/testing/fake_qemu.hpp>

#include "support/raw_client.hpp"
#include "support/run.hpp"
#include "support/served_monitor.hpp"
#include "support/simulated_time.hpp"
#include "support/spawned.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/command_failed.hpp>
#include <coqmp/listener.hpp>
#include <coqmp/query_schema.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
using coqmp::command;
using coqmp::command_error;
using coqmp::command_failed;
using coqmp::endpoint;
using coqmp::monitor_request;
using namespace coqmp::test;
using coqmp::testing::fake_qemu;
using coqmp::testing::fake_qemu_options;

namespace {

/// The error of a command that must fail.
asio::awaitable<command_error> error_of(coqmp::session& client, command what)
{
    std::optional<command_error> error;
    try {
        co_await client.execute(std::move(what));
    } catch (command_failed const& failure) {
        error = failure.error();
    }
    co_return error.value();
}

asio::awaitable<bool> is_served(endpoint monitor, coqmp::session_options options = {})
{
    coqmp::session client = co_await connect_to(std::move(monitor), std::move(options));
    json::value const status = co_await client.execute("query-status");
    co_return status.at("status") == json::value("running");
}

asio::awaitable<void> wait_for_stop(fake_qemu& qemu)
{
    monitor_request const request = co_await qemu.expect("stop");
    BOOST_TEST(request.name() == "stop");
}

json::array schema_with_device_add()
{
    return {
        json::object{{"name", "str"}, {"meta-type", "builtin"}, {"json-type", "string"}},
        json::object{{"name", "0"}, {"meta-type", "object"}, {"members", json::array()}},
        json::object{
            {"name", "1"}, {"meta-type", "object"}, {"members", json::array{json::object{{"name", "driver"}, {"type", "str"}}}}},
        json::object{{"name", "device_add"}, {"meta-type", "command"}, {"arg-type", "1"}, {"ret-type", "0"}},
        json::object{{"name", "device_del"}, {"meta-type", "command"}, {"arg-type", "0"}, {"ret-type", "0"}}};
}

std::vector<std::string> names_in(json::value const& commands)
{
    std::vector<std::string> result;
    for (json::value const& each : commands.as_array())
        result.emplace_back(each.at("name").as_string());
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fake_qemu_)

COROUTINE_TEST_CASE(says_what_it_is)
{
    fake_qemu_options options;
    options.greeting.version.major = 7;
    options.greeting.version.minor = 2;
    options.greeting.version.package = "mine";
    options.name = "vm7";
    fake_qemu qemu{co_await asio::this_coro::executor, options};
    coqmp::session client = co_await connect_to(qemu.pair());
    BOOST_TEST((client.greeting() == options.greeting));
    json::value const version = co_await client.execute("query-version");
    BOOST_TEST(version.at("qemu").at("major") == json::value(7));
    BOOST_TEST(version.at("package") == json::value("mine"));
    BOOST_TEST((co_await client.execute("query-name")).at("name") == json::value("vm7"));
    json::value const status = co_await client.execute("query-status");
    json::value const expected{{"status", "running"}, {"singlestep", false}, {"running", true}};
    BOOST_TEST(status == expected);
}

COROUTINE_TEST_CASE(answers_and_refuses_as_the_test_says)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    json::array const blocks{1, 2};
    qemu.answer("query-block", blocks);
    qemu.answer("device_del");
    command_error error;
    error.class_name = "DeviceNotFound";
    error.description = "no";
    qemu.refuse("device_add", error);
    coqmp::session client = co_await connect_to(qemu.pair());
    json::value const answer = co_await client.execute("query-block");
    BOOST_TEST(answer == json::value(blocks));
    BOOST_TEST((co_await client.execute("device_del") == json::object()));
    BOOST_TEST((co_await error_of(client, "device_add") == error));
    qemu.answer("device_add", "now it works");
    BOOST_TEST(co_await client.execute("device_add") == json::value("now it works"));
}

COROUTINE_TEST_CASE(executes_commands_with_callbacks_and_coroutines)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    qemu.handle("twice", [](monitor_request request) { request.answer(2 * request.arguments().at("n").as_int64()); });
    qemu.handle("fails", [](monitor_request&) -> asio::awaitable<json::value> {
        throw std::runtime_error("out of order");
        co_return nullptr;
    });
    qemu.handle("yank", [](monitor_request request) { request.answer(request.is_out_of_band()); }, coqmp::command_bands::both);
    coqmp::session client = co_await connect_to(qemu.pair());
    BOOST_TEST(co_await client.execute(command("twice").with("n", 4)) == json::value(8));
    BOOST_TEST((co_await error_of(client, "fails")).description == "out of order");
    BOOST_TEST(co_await client.execute(command("yank").out_of_band()) == json::value(true));
    auto const error = co_await error_of(client, command("stop").out_of_band());
    BOOST_TEST(error.description == "The command stop does not support OOB");
}

COROUTINE_TEST_CASE(cancels_its_coroutines_when_it_ends)
{
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer ended(executor, std::chrono::steady_clock::time_point::max());
    bool was_cancelled = false;
    fake_qemu qemu{executor};
    qemu.handle("wait", [&](monitor_request&) -> asio::awaitable<json::value> {
        asio::steady_timer forever(co_await asio::this_coro::executor, std::chrono::steady_clock::time_point::max());
        asio::post(executor, [&] { qemu.kill(); });
        auto const [error] = co_await forever.async_wait(asio::as_tuple(asio::use_awaitable));
        was_cancelled = error == asio::error::operation_aborted;
        ended.cancel();
        co_return nullptr;
    });
    coqmp::session client = co_await connect_to(qemu.pair());
    spawned<json::value> answer(executor, client.execute("wait"));
    co_await ended.async_wait(asio::as_tuple(asio::use_awaitable));
    BOOST_TEST(was_cancelled);
    co_await answer.done();
    BOOST_TEST((answer.thrown<boost::system::system_error>().code() == coqmp::errc::outcome_unknown));
}

COROUTINE_TEST_CASE(a_coroutine_may_destroy_it)
{
    auto const executor = co_await asio::this_coro::executor;
    bool was_cancelled = false;
    std::optional<fake_qemu> qemu(std::in_place, executor);
    qemu->handle("crash", [&](monitor_request&) -> asio::awaitable<json::value> {
        asio::steady_timer forever(co_await asio::this_coro::executor, std::chrono::steady_clock::time_point::max());
        qemu.reset();
        auto const state = co_await asio::this_coro::cancellation_state;
        was_cancelled = state.cancelled() == asio::cancellation_type::terminal;
        co_await forever.async_wait(asio::use_awaitable);  // throws
        co_return nullptr;
    });
    coqmp::session client = co_await connect_to(qemu->pair());
    spawned<json::value> answer(executor, client.execute("crash"));
    co_await answer.done();
    BOOST_TEST((answer.thrown<boost::system::system_error>().code() == coqmp::errc::outcome_unknown));
    BOOST_TEST(was_cancelled);
}

COROUTINE_TEST_CASE(a_callback_may_destroy_it)
{
    auto const executor = co_await asio::this_coro::executor;
    std::optional<fake_qemu> qemu(std::in_place, executor);
    qemu->handle("crash", [&](monitor_request request) {
        request.answer("the last answer");
        qemu.reset();
    });
    coqmp::session client = co_await connect_to(qemu->pair());
    json::value const answer = co_await client.execute("crash");
    BOOST_TEST(answer == json::value("the last answer"));
    co_await client.async_wait_closed(asio::use_awaitable);
}

COROUTINE_TEST_CASE(refuses_what_qemu_refuses)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    coqmp::session client = co_await connect_to(qemu.pair());
    auto error = co_await error_of(client, "query-stats");
    BOOST_TEST(error.class_name == "CommandNotFound");
    BOOST_TEST(error.description == "The command query-stats has not been found");
    error = co_await error_of(client, command("stop").with("force", true));
    BOOST_TEST(error.description == "Parameter 'force' is unexpected");
}

COROUTINE_TEST_CASE(has_a_schema_of_what_it_answers)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    qemu.answer("query-block", json::array());
    coqmp::session client = co_await connect_to(qemu.pair());
    coqmp::schema const schema = co_await coqmp::query_schema(client);
    auto const names = names_in(co_await client.execute("query-commands"));
    BOOST_TEST(names == schema.command_names(), boost::test_tools::per_element());
    BOOST_TEST(schema.has_command("query-block"));
    BOOST_TEST(schema.has_event("GUEST_PANICKED"));
    BOOST_TEST(schema.has_event_member("SHUTDOWN", "reason"));
    BOOST_TEST(!schema.check(command("stop")));
    for (std::string const& each : names)
        BOOST_TEST(schema.find_command(each).has_value());
}

COROUTINE_TEST_CASE(checks_commands_against_the_schema_that_it_was_given)
{
    fake_qemu_options options;
    options.schema = schema_with_device_add();
    fake_qemu qemu{co_await asio::this_coro::executor, options};
    qemu.answer("device_add");
    coqmp::session client = co_await connect_to(qemu.pair());
    BOOST_TEST(co_await client.execute("query-qmp-schema") == options.schema);
    co_await client.execute(command("device_add").with("driver", "virtio-net"));
    auto error = co_await error_of(client, command("device_add").with("diver", "virtio-net"));
    BOOST_TEST(error.class_name == "GenericError");
    BOOST_TEST(error.description == "device_add: driver: missing");
    error = co_await error_of(client, command("device_del").with("id", "net0"));
    BOOST_TEST(error.description == "device_del: id: unknown argument");
    error = co_await error_of(client, "device_del");
    BOOST_TEST(error.description == "The fake QEMU has no answer to device_del: give it one with fake_qemu::answer()");
    BOOST_TEST((co_await error_of(client, "device_list")).class_name == "CommandNotFound");
}

COROUTINE_TEST_CASE(records_what_it_received)
{
    fake_qemu qemu{co_await asio::this_coro::executor};
    qemu.answer("yank");
    coqmp::session client = co_await connect_to(qemu.pair());
    co_await client.execute(command("yank").with("what", "chardev"));
    co_await error_of(client, "query-stats");
    co_await error_of(client, command("stop").out_of_band());
    auto const& all = qemu.received();
    BOOST_REQUIRE(all.size() == 4);
    BOOST_TEST(all[0].name == "qmp_capabilities");
    BOOST_TEST(all[1].name == "yank");
    json::object const arguments{{"what", "chardev"}};
    BOOST_TEST(all[1].arguments == arguments);
    BOOST_TEST(!all[1].id.is_null());
    BOOST_TEST(all[1].text.find(R"("what":"chardev")") != std::string::npos);
    BOOST_TEST(!all[1].out_of_band);
    BOOST_TEST(all[3].out_of_band);
    BOOST_TEST(qemu.count("query-stats") == 1U);
    BOOST_TEST(qemu.count("query-block") == 0U);
}

COROUTINE_TEST_CASE(holds_commands_until_the_test_answers_them)
{
    auto const executor = co_await asio::this_coro::executor;
    fake_qemu qemu{executor};
    qemu.hold("stop");
    coqmp::session client = co_await connect_to(qemu.pair());
    spawned<json::value> stop(executor, client.execute("stop"));
    spawned<json::value> status(executor, client.execute("query-status"));
    monitor_request request = co_await qemu.expect("stop");
    BOOST_TEST(!status.has_ended());
    qemu.execute(std::move(request));
    co_await status.done();
    BOOST_TEST(stop.has_ended());
    BOOST_TEST(status.value().at("status") == json::value("paused"));
}

COROUTINE_TEST_CASE(follows_a_script)
{
    auto const executor = co_await asio::this_coro::executor;
    fake_qemu qemu{executor};
    coqmp::session client = co_await connect_to(qemu.pair());
    coqmp::event_stream events = client.subscribe({"DEVICE_DELETED"});
    qemu.hold_all();
    spawned<json::value> removal(executor, client.execute("device_del"));
    monitor_request first = co_await qemu.expect("device_del");
    json::object const device{{"device", "net1"}};
    qemu.publish("DEVICE_DELETED", device);
    auto const event = co_await events.next();
    BOOST_TEST(event->data.at("device") == json::value("net1"));
    BOOST_TEST(!removal.has_ended());
    first.fail("too late");
    BOOST_TEST((co_await removal.failure()).find("too late") != std::string::npos);

    spawned<json::value> stop(executor, client.execute("stop"));
    std::string why;
    try {
        co_await qemu.expect("cont");
    } catch (std::runtime_error const& error) {
        why = error.what();
    }
    BOOST_TEST(why == "the fake QEMU expected cont and got stop");
    qemu.release();
    co_await stop.done();
    BOOST_TEST((qemu.guest().state() == coqmp::run_state::paused));
}

COROUTINE_TEST_CASE(expects_nothing_after_its_end)
{
    auto const executor = co_await asio::this_coro::executor;
    fake_qemu qemu{executor};
    spawned<void> waiting(executor, wait_for_stop(qemu));
    qemu.kill();
    co_await waiting.done();
    BOOST_TEST((waiting.thrown<boost::system::system_error>().code() == coqmp::errc::disconnected));
}

COROUTINE_TEST_CASE(answers_late_in_simulated_time)
{
    auto const executor = co_await asio::this_coro::executor;
    auto& time = simulate_time(executor);
    fake_qemu qemu{executor};
    qemu.hold("query-block");
    coqmp::session client = co_await connect_to(qemu.pair());
    spawned<json::value> late(executor, client.execute(command("query-block").timeout(std::chrono::minutes(3))));
    monitor_request request = co_await qemu.expect("query-block");
    time.advance(std::chrono::minutes(3));
    co_await late.done();
    BOOST_TEST((late.thrown<boost::system::system_error>().code() == coqmp::errc::timed_out));
    request.answer("too late");
    BOOST_TEST((co_await client.execute("query-status")).at("running") == json::value(true));
    BOOST_TEST(client.counters().late_replies == 1U);
}

COROUTINE_TEST_CASE(is_reached_through_sockets_of_every_kind)
{
    auto const executor = co_await asio::this_coro::executor;
    temporary_directory const directory;
    std::string const path = (directory.path() / "monitor").native();
    {
        fake_qemu qemu{executor};
        BOOST_TEST(co_await is_served(qemu.listen(endpoint::unix_socket(path))));
        BOOST_TEST(co_await is_served(qemu.listen(endpoint::tcp("127.0.0.1", 0))));
        BOOST_TEST(co_await is_served(qemu.pair()));
        coqmp::listener listener{executor, endpoint::unix_socket(path + "2")};
        qemu.dial(endpoint::unix_socket(path + "2"));
        coqmp::session client = co_await listener.async_accept(asio::use_awaitable);
        BOOST_TEST((co_await client.execute("query-status")).at("running") == json::value(true));
    }
    BOOST_TEST(!std::filesystem::exists(path));
}

COROUTINE_TEST_CASE(serves_one_client_of_an_address_at_a_time)
{
    auto const executor = co_await asio::this_coro::executor;
    auto& time = simulate_time(executor);
    fake_qemu qemu{executor};
    endpoint const address = qemu.listen(endpoint::tcp("127.0.0.1", 0));
    std::optional<coqmp::session> first(co_await connect_to(address));
    coqmp::session_options options;
    options.connect_timeout = std::chrono::seconds(5);
    spawned<bool> second(executor, is_served(address, options));
    co_await first->execute("query-status");
    BOOST_TEST(!second.has_ended());
    time.advance(std::chrono::seconds(5));
    co_await second.done();
    BOOST_TEST((second.thrown<boost::system::system_error>().code() == coqmp::errc::monitor_busy));
    first.reset();
    BOOST_TEST(co_await is_served(address));
}

COROUTINE_TEST_CASE(passes_descriptors_in_both_directions)
{
    auto const executor = co_await asio::this_coro::executor;
    temporary_directory const directory;
    fake_qemu qemu{executor};
    qemu.handle("echo", [](monitor_request request) { request.answer(nullptr, request.take_descriptors()); });
    raw_client client(executor, qemu.listen(endpoint::unix_socket((directory.path() / "monitor").native())));
    co_await client.negotiate();
    coqmp::descriptor const file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    std::vector<coqmp::descriptor> const carried{file};
    client.say(R"({"execute":"echo"})", carried);
    std::string const answer = co_await client.line();
    BOOST_TEST(answer == R"({"return": null})");
    BOOST_REQUIRE(client.descriptors().size() == 1);
    struct ::stat sent{};
    struct ::stat returned{};
    BOOST_REQUIRE(::fstat(file.number(), &sent) == 0);
    BOOST_REQUIRE(::fstat(client.descriptors().front().number(), &returned) == 0);
    BOOST_TEST(sent.st_rdev == returned.st_rdev);
}

BOOST_AUTO_TEST_SUITE_END()
