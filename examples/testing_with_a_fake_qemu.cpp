// Testing a program that controls a QEMU, without a QEMU: a guest whose disk is full, and a QEMU that disconnects.
#include <coqmp/coqmp.hpp>
#include <coqmp/testing/fake_qemu.hpp>

#include <iostream>

namespace asio = boost::asio;

// The program under test. It enlarges a full disk, and lets the guest continue.
asio::awaitable<void> enlarge_disk(coqmp::endpoint monitor)
{
    coqmp::session vm{co_await asio::this_coro::executor};
    co_await vm.async_connect(monitor);
    co_await vm.execute(coqmp::command("block_resize").with("node-name", "disk0").with("size", 1 << 20));
    co_await vm.execute("cont");
}

asio::awaitable<void> test()
{
    coqmp::testing::fake_qemu qemu{co_await asio::this_coro::executor};
    qemu.answer("block_resize");
    qemu.guest().fail_disk();  // BLOCK_IO_ERROR, STOP: the guest is in state io-error
    co_await enlarge_disk(qemu.pair());
    std::cout << "the guest is " << qemu.guest().state() << '\n';
    std::cout << "resized: " << qemu.received().at(1).arguments.at("node-name") << '\n';

    qemu.line().end_after(2, 10);  // the greeting, an answer, ten bytes of the next answer, and the end
    try {
        co_await enlarge_disk(qemu.pair());
    } catch (boost::system::system_error const& error) {
        std::cout << "failed: " << (error.code() == coqmp::errc::outcome_unknown ? "the outcome is unknown\n" : "why?\n");
    }
}

int main()
{
    return coqmp::run_program("testing_with_a_fake_qemu", test());
}
