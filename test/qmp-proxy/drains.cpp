// SIGTERM, while a command is being executed.
#include "clients.hpp"
#include "running_proxy.hpp"
#include "support/run.hpp"
#include "support/served_monitor.hpp"

#include <coqmp/error.hpp>
#include <coqmp/monitor_request.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>

using namespace qmp_proxy::test;
namespace asio = boost::asio;

namespace {

/// A monitor that answers `query-status` when the test wants it to. It runs on a thread of its own, because the test's thread
/// waits for the proxy.
class slow_monitor
{
public:
    /// @param test the executor of the test
    explicit slow_monitor(asio::any_io_executor const& test) : arrived_(test, asio::steady_timer::time_point::max())
    {
        monitor_.server.handle("query-status", [this, test](coqmp::monitor_request request) {
            waiting_.emplace(std::move(request));
            asio::post(test, [this] {
                has_arrived_ = true;
                arrived_.cancel();
            });
        });
        thread_ = std::thread([this] { context_.run(); });
    }
    slow_monitor(slow_monitor const&) = delete;
    slow_monitor& operator=(slow_monitor const&) = delete;
    ~slow_monitor()
    {
        asio::post(context_, [this] {
            waiting_.reset();
            context_.stop();
        });
        thread_.join();
    }

    [[nodiscard]] std::string address() const { return monitor_.address.path(); }

    /// Waits until the command is there.
    asio::awaitable<void> arrival()
    {
        boost::system::error_code ignored;
        while (!has_arrived_)
            co_await arrived_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    void answer()
    {
        asio::post(context_, [this] { waiting_->answer(boost::json::object{{"status", "slow"}}); });
    }

private:
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> const work_ = asio::make_work_guard(context_);
    coqmp::test::served_monitor monitor_{context_.get_executor()};
    std::optional<coqmp::monitor_request> waiting_;
    asio::steady_timer arrived_;
    bool has_arrived_ = false;
    std::thread thread_;
};

}  // namespace

COROUTINE_TEST_CASE(the_answer_comes_before_the_end)
{
    proxy_fixture const here;
    slow_monitor monitor(co_await asio::this_coro::executor);
    running_proxy proxy({monitor.address(), "--listen", here.path("a")});
    proxy.expect_ready();
    auto client = co_await connect_to(here.at("a"));
    std::string answer;
    client.async_execute(coqmp::command("query-status"), [&answer](boost::system::error_code error, coqmp::reply const& reply) {
        answer = error ? error.message() : boost::json::serialize(reply.value());
    });
    co_await monitor.arrival();
    proxy.signal(SIGTERM);
    proxy.expect("STOPPING=1");
    monitor.answer();
    coqmp::session_end const end = co_await client.async_wait_closed(asio::use_awaitable);
    BOOST_TEST((end.reason == coqmp::errc::disconnected));
    BOOST_TEST(answer == R"({"status":"slow"})");
    BOOST_TEST(proxy.wait() == 0);
    BOOST_TEST(!std::filesystem::exists(here.path("a")));
}

COROUTINE_TEST_CASE(the_end_does_not_wait_for_ever)
{
    proxy_fixture const here;
    slow_monitor monitor(co_await asio::this_coro::executor);
    std::string const config = here.write("config", "drain_timeout = '50ms'\n");
    running_proxy proxy({monitor.address(), "--config", config, "--listen", here.path("a")});
    proxy.expect_ready();
    auto client = co_await connect_to(here.at("a"));
    client.async_execute(coqmp::command("query-status"), [](boost::system::error_code, coqmp::reply const&) {});
    co_await monitor.arrival();
    BOOST_TEST(proxy.stop() == 0);
    BOOST_TEST(contains(proxy.log(), "commands of clients were not answered in time"));
}
