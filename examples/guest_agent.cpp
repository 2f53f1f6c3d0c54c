// The guest agent acts in the guest for its host: it runs programs, transfers files, and freezes file systems for a snapshot.
// usage: guest_agent ADDRESS [freeze]     (of the agent's socket, such as unix:/run/vm7-agent.sock)
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <iostream>
#include <string_view>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> use_agent(coqmp::endpoint address, bool is_freezing)
{
    coqmp::guest_agent_options options;
    options.session.connect_timeout = 1min;  // a guest may still be booting: connecting waits for its agent
    coqmp::guest_agent agent{co_await asio::this_coro::executor, options};
    co_await agent.async_connect(address);
    auto const information = co_await agent.info();
    std::cout << "agent " << information.version << ", exec is "
              << (information.is_enabled("guest-exec") ? "enabled" : "disabled") << '\n';

    // Input, output and exit code of a program. No shell is involved.
    auto const sorted = co_await agent.exec(coqmp::guest_program("/bin/sort").argument("-r").input("a\nb\n"));
    std::cout << "exit code " << sorted.exit_code.value_or(-1) << ":\n" << sorted.output;

    // Files are bytes, whole or in part.
    std::string const version = co_await agent.read_file("/proc/version", 0, 13);
    std::cout << "the guest runs " << version << '\n';

    // An error of the agent is an exception.
    try {
        co_await agent.read_file("/no/such/file");
    } catch (coqmp::command_failed const& failure) {
        std::cout << "rejected: " << failure.what() << '\n';
    }

    if (!is_freezing)
        co_return;
    // However this block is left, the guest is thawed; and at the latest after two minutes.
    coqmp::guest_freeze frozen = co_await agent.freeze(2min);
    std::cout << frozen.filesystems() << " file systems are frozen: now make the snapshot\n";
    co_await frozen.thaw();  // throws if the guest was thawed before
}

int main(int argc, char** argv)
{
    bool const is_freezing = argc == 3 && std::string_view(argv[2]) == "freeze";
    coqmp::run(use_agent(coqmp::endpoint::parse(argc >= 2 ? argv[1] : ""), is_freezing));
}
