// The first steps: connect to a running QEMU, read its greeting, send commands, and see what an error looks like.
// usage: first_command ADDRESS        (unix:/path/to/socket, a bare path, or tcp:host:port)
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>

#include <iostream>
#include <string>

namespace asio = boost::asio;
namespace json = boost::json;

asio::awaitable<void> talk(std::string monitor)
{
    coqmp::session session{co_await asio::this_coro::executor};
    co_await session.async_connect(coqmp::endpoint::parse(monitor));  // dials, awaits the greeting, negotiates capabilities
    std::cout << "connected to QEMU " << session.greeting().version << '\n';

    // A command without arguments is just its name. Its result is JSON.
    json::value const status = co_await session.execute("query-status");
    std::cout << "QEMU is in state " << status.at("status") << '\n';

    // Arguments are added one by one, from any C++ value that converts to JSON.
    co_await session.execute(
        coqmp::command("blockdev-add").with("driver", "null-co").with("node-name", "disk0").with("size", 4096));

    // Name a result before you iterate over a part of it: a range-for would not keep the temporary alive.
    json::value const nodes = co_await session.execute("query-named-block-nodes");
    for (json::value const& node : nodes.as_array())
        std::cout << "block node " << node.at("node-name") << " of " << node.at("image").at("virtual-size") << " bytes\n";

    // If QEMU rejects a command, execute() throws its name, the class of the error, and a description for people.
    try {
        co_await session.execute(coqmp::command("blockdev-del").with("node-name", "disk1"));
    } catch (coqmp::command_failed const& refusal) {
        std::cout << "rejected: " << refusal.what() << '\n';
    }
    co_await session.execute(coqmp::command("blockdev-del").with("node-name", "disk0"));
    co_await session.async_close();  // QEMU keeps running and serves the next client
}

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::cerr << "usage: first_command ADDRESS\n";
        return 2;
    }
    return coqmp::run_program("first_command", talk(argv[1]));  // prints what talk() throws
}
