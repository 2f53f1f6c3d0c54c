// Controls coqmpd as any QMP client can: starts three machines, and prints what happens to them until one has come back after a
// panic and one has been shut down by its owner.
// usage: follow SOCKET        (coqmpd's control socket; the machines are web, lab and desk)
#include <coqmp/coqmp.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace asio = boost::asio;

namespace {

std::string text(coqmp::event const& change, char const* member)
{
    auto const* const found = change.data.if_contains(member);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

asio::awaitable<void> follow(std::string socket)
{
    coqmp::session daemon(co_await asio::this_coro::executor);
    coqmp::endpoint const address = coqmp::endpoint::unix_socket(socket);
    co_await daemon.async_connect(address, asio::use_awaitable);
    coqmp::event_filter const filter("MACHINE_STATE_CHANGED");
    coqmp::event_stream changes = daemon.subscribe(filter);
    for (char const* const name : {"web", "lab", "desk"}) {
        coqmp::command start("machine-start");
        start.with("name", name);
        co_await daemon.execute(start);
    }
    bool has_panicked = false;
    bool has_come_back = false;
    bool is_shut_down = false;
    bool is_web_running = false;
    std::optional<coqmp::event> change;
    std::map<std::string, std::string> lines;
    while (!has_come_back || !is_shut_down || !is_web_running) {
        change = co_await changes.next();
        if (!change)
            throw std::runtime_error("coqmpd has ended");
        std::string const name = text(*change, "name");
        std::string const state = text(*change, "state");
        std::string const why = text(*change, "description");
        std::string line = name;
        line.append(": ").append(state);
        if (!why.empty())
            line.append(" (").append(why).append(")");
        if (std::exchange(lines[name], line) != line)  // otherwise its process or liveness has changed
            std::cout << "  " << line << '\n' << std::flush;
        has_panicked = has_panicked || (name == "lab" && text(*change, "reason") == "panicked");
        has_come_back = has_come_back || (name == "lab" && has_panicked && state == "running");
        is_shut_down = is_shut_down || (name == "desk" && state == "stopped");
        is_web_running = is_web_running || (name == "web" && state == "running");
    }
}

}  // namespace

int main(int argc, char** argv)
try {
    if (argc != 2) {
        std::cerr << "usage: follow SOCKET\n";
        return 2;
    }
    coqmp::run(follow(argv[1]));
    return 0;
} catch (std::exception const& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
