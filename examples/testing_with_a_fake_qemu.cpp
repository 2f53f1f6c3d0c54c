// Testing a program that controls a QEMU, without a QEMU: what it does when a disk is full, and when the monitor falls silent.
#include <coqmp/coqmp.hpp>
#include <coqmp/testing/fake_qemu.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

// The program under test: it makes room when a disk is full, and lets the guest go on.
asio::awaitable<void> keep_alive(coqmp::endpoint monitor)
{
    coqmp::session vm{co_await asio::this_coro::executor};
    co_await vm.async_connect(monitor);
    json::value const status = co_await vm.execute("query-status");
    if (status.at("running").as_bool())
        co_return;
    co_await vm.execute(coqmp::command("block_resize").with("node-name", "disk0").with("size", 1 << 20).timeout(50ms));
    co_await vm.execute("cont");
}

void check(bool is_right, char const* what)
{
    if (!is_right)
        throw std::runtime_error(what);
    std::cout << what << '\n';
}

asio::awaitable<void> test()
{
    coqmp::testing::fake_qemu qemu{co_await asio::this_coro::executor};
    qemu.answer("block_resize");
    qemu.guest().fail_disk();
    co_await keep_alive(qemu.pair());
    check(qemu.guest().state() == coqmp::run_state::running, "the guest runs again");
    check(qemu.received().at(2).arguments.at("node-name") == json::value("disk0"), "the right disk was resized");
    qemu.guest().fail_disk();
    qemu.line().pause_after(3);  // the greeting and two answers pass, and the third one does not
    try {
        co_await keep_alive(qemu.pair());
    } catch (boost::system::system_error const& error) {
        check(error.code() == coqmp::errc::timed_out, "a silent monitor is noticed");
    }
    check(qemu.count("cont") == 1, "the guest did not go on without room");
}

int main()
try {
    coqmp::run(test());
} catch (std::exception const& error) {
    std::cerr << "testing_with_a_fake_qemu: " << error.what() << '\n';
    return 1;
}
