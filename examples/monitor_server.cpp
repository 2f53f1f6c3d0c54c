// A monitor of one's own, which any QMP client can connect to: qmp-shell, for example. Here, a session does.
// usage: monitor_server DIRECTORY        (for the socket)
#include <coqmp/coqmp.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

// A handler may take its time: other clients are served meanwhile. What it throws is the error that its client gets.
asio::awaitable<json::value> boil(coqmp::monitor_request& request)
{
    if (request.arguments().contains("minutes"))
        throw std::runtime_error("the kettle decides when the water boils");
    asio::steady_timer timer(co_await asio::this_coro::executor, 10ms);
    co_await timer.async_wait(asio::use_awaitable);
    co_return json::object();
}

asio::awaitable<void> use(coqmp::endpoint monitor)
{
    coqmp::session kettle{co_await asio::this_coro::executor};
    co_await kettle.async_connect(monitor);
    std::cout << co_await kettle.execute("query-name") << '\n';
    co_await kettle.execute_until("boil", "BOILING");
    std::cout << "the water boils\n";
    try {
        co_await kettle.execute(coqmp::command("boil").with("minutes", 3));
    } catch (coqmp::command_failed const& failure) {
        std::cout << failure.what() << '\n';
    }
}

asio::awaitable<void> serve(std::string directory)
{
    coqmp::monitor_server server{co_await asio::this_coro::executor};
    server.handle("query-name", [](coqmp::monitor_request request) { request.answer({{"name", "kettle"}}); });
    server.handle("boil", [&](coqmp::monitor_request& request) -> asio::awaitable<json::value> {
        json::value const result = co_await boil(request);
        server.publish("BOILING");
        co_return result;
    });
    co_await use(server.listen(coqmp::endpoint::unix_socket(directory + "/kettle")));
}

int main(int argc, char** argv)
{
    return coqmp::run_program("monitor_server", serve(argc == 2 ? argv[1] : "."));
}
