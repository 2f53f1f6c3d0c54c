// The commands of a monitor server's clients: which handler executes them, and in which order they are answered.
#include <coqmp/monitor_server.hpp>

#include <coqmp/command_failed.hpp>

#include "support/completion.hpp"
#include "support/raw_client.hpp"
#include "support/run.hpp"
#include "support/served_monitor.hpp"
#include "support/spawned.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;
using coqmp::command;
using coqmp::command_bands;
using coqmp::command_failed;
using coqmp::monitor_request;
using namespace coqmp::test;

namespace {

/// The error of a command that must fail.
asio::awaitable<coqmp::command_error> error_of(coqmp::session& client, command what)
{
    std::optional<coqmp::command_error> error;
    try {
        co_await client.execute(std::move(what));
    } catch (command_failed const& failure) {
        error = failure.error();
    }
    co_return error.value();
}

/// The requests that a handler keeps.
class kept_requests
{
public:
    explicit kept_requests(asio::any_io_executor const& executor) : wake_(executor) {}

    void add(monitor_request request)
    {
        requests_.push_back(std::move(request));
        wake_.cancel();
    }

    [[nodiscard]] std::size_t size() const noexcept { return requests_.size(); }
    [[nodiscard]] monitor_request& operator[](std::size_t index) { return requests_[index]; }
    void clear() { requests_.clear(); }

    asio::awaitable<void> wait_for(std::size_t count)
    {
        while (requests_.size() < count) {
            wake_.expires_at(std::chrono::steady_clock::time_point::max());
            co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }

private:
    std::vector<monitor_request> requests_;
    asio::steady_timer wake_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(monitor_server)

COROUTINE_TEST_CASE(a_callback_answers)
{
    served_monitor monitor(co_await asio::this_coro::executor);
    monitor.server.handle("add", [](monitor_request request) {
        request.answer(request.arguments().at("a").as_int64() + request.arguments().at("b").as_int64());
    });
    coqmp::session client = co_await connect_to(monitor.address);
    BOOST_TEST(client.greeting().version.major == 7);
    BOOST_TEST(client.greeting().offers("oob"));
    json::value const sum = co_await client.execute(command("add").with("a", 2).with("b", 3));
    BOOST_TEST(sum == json::value(5));
}

COROUTINE_TEST_CASE(a_coroutine_answers_with_what_it_returns)
{
    served_monitor monitor(co_await asio::this_coro::executor);
    monitor.server.handle("query-name", [](monitor_request& request) -> asio::awaitable<json::value> {
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::nanoseconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        json::object result{{"name", request.name()}};
        co_return result;
    });
    coqmp::session client = co_await connect_to(monitor.address);
    json::value const name = co_await client.execute("query-name");
    BOOST_TEST(name.at("name") == json::value("query-name"));
}

COROUTINE_TEST_CASE(an_exception_of_a_coroutine_is_its_error)
{
    served_monitor monitor(co_await asio::this_coro::executor);
    monitor.server.handle("device_del", [](monitor_request&) -> asio::awaitable<json::value> {
        coqmp::command_error error;
        error.class_name = "DeviceNotFound";
        error.description = "Device 'net1' not found";
        throw command_failed("device_del", error);
        co_return nullptr;
    });
    monitor.server.handle("cont", [](monitor_request&) -> asio::awaitable<json::value> {
        throw std::runtime_error("no license");
        co_return nullptr;
    });
    monitor.server.handle("stop", [](monitor_request&) -> asio::awaitable<json::value> {
        throw 1;
        co_return nullptr;
    });
    coqmp::session client = co_await connect_to(monitor.address);
    auto error = co_await error_of(client, "device_del");
    BOOST_TEST(error.class_name == "DeviceNotFound");
    BOOST_TEST(error.description == "Device 'net1' not found");
    error = co_await error_of(client, "cont");
    BOOST_TEST(error.class_name == "GenericError");
    BOOST_TEST(error.description == "no license");
    error = co_await error_of(client, "stop");
    BOOST_TEST(error.class_name == "GenericError");
}

COROUTINE_TEST_CASE(unknown_commands_are_refused_as_by_qemu)
{
    served_monitor monitor(co_await asio::this_coro::executor);
    monitor.server.handle("query-status", [](monitor_request request) { request.answer(); });
    coqmp::session client = co_await connect_to(monitor.address);
    auto error = co_await error_of(client, "query-stats");
    BOOST_TEST(error.class_name == "CommandNotFound");
    BOOST_TEST(error.description == "The command query-stats has not been found");
    error = co_await error_of(client, command("query-status").out_of_band());
    BOOST_TEST(error.class_name == "GenericError");
    BOOST_TEST(error.description == "The command query-status does not support OOB");
}

COROUTINE_TEST_CASE(others_have_a_handler_too)
{
    served_monitor monitor(co_await asio::this_coro::executor);
    monitor.server.handle("stop", [](monitor_request request) { request.answer("mine"); });
    monitor.server.handle_others([](monitor_request request) { request.answer(request.is_out_of_band() ? "urgent" : "other"); });
    coqmp::session client = co_await connect_to(monitor.address);
    BOOST_TEST(co_await client.execute("stop") == json::value("mine"));
    BOOST_TEST(co_await client.execute("cont") == json::value("other"));
    BOOST_TEST(co_await client.execute(command("yank").out_of_band()) == json::value("urgent"));
}

COROUTINE_TEST_CASE(commands_are_executed_one_after_the_other)
{
    auto const executor = co_await asio::this_coro::executor;
    served_monitor monitor(executor);
    kept_requests kept(executor);
    monitor.server.handle_others([&](monitor_request request) { kept.add(std::move(request)); });
    coqmp::session client = co_await connect_to(monitor.address);
    spawned<json::value> first(executor, client.execute("first"));
    spawned<json::value> second(executor, client.execute("second"));
    co_await kept.wait_for(1);
    spawned<json::value> urgent(executor, client.execute(command("urgent").out_of_band()));
    co_await kept.wait_for(2);
    BOOST_TEST(kept[0].name() == "first");
    BOOST_TEST(kept[1].name() == "urgent");  // and "second", which came before it, has not begun
    kept[1].answer(1);
    co_await urgent.done();
    BOOST_TEST(kept.size() == 2);
    kept[0].answer(2);
    co_await kept.wait_for(3);
    BOOST_TEST(kept[2].name() == "second");
    kept[2].answer(3);
    co_await second.done();
    BOOST_TEST(first.value() == json::value(2));
}

COROUTINE_TEST_CASE(commands_that_are_executed_together_are_answered_in_order)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::monitor_server_options options = like_qemu();
    options.in_band_at_once = 2;
    served_monitor monitor(executor, options);
    kept_requests kept(executor);
    monitor.server.handle_others([&](monitor_request request) { kept.add(std::move(request)); });
    raw_client client(executor, monitor.address);
    co_await client.negotiate(R"("oob")");
    client.say(R"({"execute":"a","id":1}{"execute":"b","id":2}{"execute":"c","id":3})");
    co_await kept.wait_for(2);
    kept[1].answer("b");
    co_await kept.wait_for(3);
    kept[0].answer("a");
    kept[2].answer("c");
    BOOST_TEST(co_await client.line() == R"({"return": "a", "id": 1})");
    BOOST_TEST(co_await client.line() == R"({"return": "b", "id": 2})");
    BOOST_TEST(co_await client.line() == R"({"return": "c", "id": 3})");
}

COROUTINE_TEST_CASE(many_commands_that_are_answered_at_once)
{
    auto const executor = co_await asio::this_coro::executor;
    served_monitor monitor(executor);
    monitor.server.handle_others([](monitor_request request) { request.answer(); });
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    constexpr int count = 5000;  // more than one read, and deeper than a stack if each answer began the next command
    std::string all;
    for (int sent = 0; sent < count; ++sent)
        all += R"({"execute":"x"})";
    client.say(all);
    for (int answered = 0; answered < count; ++answered)
        BOOST_REQUIRE(co_await client.line() == R"({"return": {}})");
}

COROUTINE_TEST_CASE(a_request_that_is_dropped_is_answered)
{
    served_monitor monitor(co_await asio::this_coro::executor);
    monitor.server.handle("quit", [](monitor_request) {});
    monitor.server.handle("twice", [](monitor_request request) {
        request.answer(1);
        BOOST_TEST(!request.is_pending());
        request.answer(2);
        request.fail("no");
    });
    coqmp::session client = co_await connect_to(monitor.address);
    auto const error = co_await error_of(client, "quit");
    BOOST_TEST(error.description == "The command was not executed");
    BOOST_TEST(co_await client.execute("twice") == json::value(1));
    BOOST_TEST(co_await client.execute("twice") == json::value(1));
}

COROUTINE_TEST_CASE(a_handler_may_destroy_its_server)
{
    auto const executor = co_await asio::this_coro::executor;
    std::optional<served_monitor> monitor(std::in_place, executor);
    auto token = std::make_shared<int>(1);
    std::weak_ptr<int> const of_the_handler = token;
    monitor->server.handle_others([&monitor, &of_the_handler, token = std::move(token)](monitor_request request) {
        request.answer();
        monitor.reset();
        BOOST_TEST(!of_the_handler.expired());  // the handler is running, and may use what it has captured
    });
    coqmp::session client = co_await connect_to(monitor->address);
    co_await client.execute("quit");
    BOOST_TEST(of_the_handler.expired());
}

COROUTINE_TEST_CASE(a_coroutine_may_destroy_its_server)
{
    auto const executor = co_await asio::this_coro::executor;
    std::optional<served_monitor> monitor(std::in_place, executor);
    bool was_cancelled = false;
    monitor->server.handle("quit", [&](monitor_request& request) -> asio::awaitable<json::value> {
        request.answer("the last answer");
        monitor.reset();
        auto const state = co_await asio::this_coro::cancellation_state;
        was_cancelled = state.cancelled() == asio::cancellation_type::terminal;
        co_return nullptr;
    });
    coqmp::session client = co_await connect_to(monitor->address);
    json::value const answer = co_await client.execute("quit");
    BOOST_TEST(answer == json::value("the last answer"));
    BOOST_TEST(was_cancelled);
}

COROUTINE_TEST_CASE(requests_are_answered_from_other_threads)
{
    auto const executor = co_await asio::this_coro::executor;
    served_monitor monitor(executor);
    kept_requests kept(executor);
    monitor.server.handle_others([&](monitor_request request) { kept.add(std::move(request)); });
    coqmp::session client = co_await connect_to(monitor.address);
    spawned<json::value> answer(executor, client.execute("slow"));
    co_await kept.wait_for(1);
    std::thread([&] { kept[0].answer("done"); }).join();
    co_await answer.done();
    BOOST_TEST(answer.value() == json::value("done"));
}

COROUTINE_TEST_CASE(descriptors_travel_both_ways)
{
    auto const executor = co_await asio::this_coro::executor;
    served_monitor monitor(executor);
    std::size_t extra = 1;
    monitor.server.handle("echo", [&](monitor_request request) {
        auto carried = request.take_descriptors(1);
        extra = request.take_descriptors(1).size();
        request.answer(nullptr, std::move(carried));
    });
    raw_client client(executor, monitor.address);
    co_await client.negotiate();
    coqmp::descriptor const file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    std::vector<coqmp::descriptor> const carried{file, file};
    client.say(" ", carried);  // as QEMU's own Python client sends them
    client.say(R"({"execute":"echo"})");
    BOOST_TEST(co_await client.line() == R"({"return": null})");
    BOOST_REQUIRE(client.descriptors().size() == 1);
    struct ::stat sent{};
    struct ::stat returned{};
    BOOST_REQUIRE(::fstat(file.number(), &sent) == 0 && ::fstat(client.descriptors().front().number(), &returned) == 0);
    BOOST_TEST(sent.st_rdev == returned.st_rdev);
    BOOST_TEST(::fcntl(client.descriptors().front().number(), F_GETFD) == FD_CLOEXEC);
    BOOST_TEST(extra == 0);
}

COROUTINE_TEST_CASE(malformed_input_is_refused_and_survived)
{
    auto const executor = co_await asio::this_coro::executor;
    served_monitor monitor(executor);
    monitor.server.handle("query-name", [](monitor_request request) { request.answer(json::object{{"name", "vm"}}); });
    raw_client client(executor, monitor.address);
    static_cast<void>(co_await client.line());
    client.say("\xff{\"execute\":\"query-name\",\"id\":[1, 2.50, {}]}");
    BOOST_TEST(co_await client.line() == R"({"error": {"class": "GenericError", "desc": "JSON parse error, stray '\uFFFD'"}})");
    json::value const early = co_await client.message();
    BOOST_TEST(early.at("error").at("class") == json::value("CommandNotFound"));
    client.say(R"({"execute":"qmp_capabilities"}{"execute":"query-name","id":[1, {"a":null}]})");
    BOOST_TEST(co_await client.line() == R"({"return": {}})");
    BOOST_TEST(co_await client.line() == R"({"return": {"name": "vm"}, "id": [1, {"a":null}]})");
}

BOOST_AUTO_TEST_SUITE_END()
