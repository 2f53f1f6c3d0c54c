// Before a command is sent: does this QEMU have it, and is it right? And after it: the result as values of one's own types.
// usage: schema ADDRESS        (unix:/path/to/socket, a bare path, or tcp:host:port)
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/describe/class.hpp>

#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;

// An underscore stands for QMP's hyphen. Members that only newer releases of QEMU send are simply not listed.
struct block_node
{
    std::string node_name;
    std::string drv;
    std::optional<std::string> backing_file;  // empty if QEMU does not send it
};
BOOST_DESCRIBE_STRUCT(block_node, (), (node_name, drv, backing_file))

asio::awaitable<void> talk(coqmp::endpoint monitor)
{
    coqmp::session session{co_await asio::this_coro::executor};
    co_await session.async_connect(monitor);
    coqmp::schema const schema = co_await coqmp::query_schema(session);  // asks once for each version of QEMU
    std::cout << schema.command_names().size()
              << " commands, among them blockdev-reopen: " << schema.has_command("blockdev-reopen")
              << ", file.driver of blockdev-add: " << schema.has_argument("blockdev-add", "file.driver") << '\n';

    for (std::string const size : {"sise", "size"}) {
        // Nested values without braces, which g++ 12 does not accept in a co_await expression.
        auto const command = coqmp::command("blockdev-add")
                                 .with("driver", "raw")
                                 .with("node-name", "disk0")
                                 .with("file", coqmp::object().with("driver", "null-co").with(size, 4096));
        if (auto const problem = schema.check(command))
            std::cout << "not sent: " << *problem << '\n';
        else
            co_await session.execute(command);
    }
    for (block_node const& node : co_await session.execute_as<std::vector<block_node>>("query-named-block-nodes"))
        std::cout << node.node_name << ": " << node.drv << (node.backing_file ? ", backed" : "") << '\n';
    if (auto const problem = schema.check(coqmp::event_filter("SHUTDWON")))
        std::cout << "no use in waiting: " << *problem << '\n';
}

int main(int argc, char** argv)
{
    coqmp::run(talk(coqmp::endpoint::parse(argc == 2 ? argv[1] : "")));
}
