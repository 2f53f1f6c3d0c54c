// A migration: moves a guest from one QEMU to another on this host, and prints how far it has come. Ctrl-C cancels it.
// usage: migration DIRECTORY        (for the socket between the two)
#include <coqmp/coqmp.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;

asio::awaitable<void> move_guest(std::string socket)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::machine_spec spec;
    spec.arguments = {"-M", "pc,accel=tcg", "-m", "64", "-nodefaults", "-display", "none"};
    coqmp::machine source{executor, spec};
    co_await source.async_start();
    spec.arguments.insert(spec.arguments.end(), {"-incoming", "defer"});
    coqmp::machine destination{executor, spec};
    co_await destination.async_start();

    auto const where = coqmp::migration_spec("unix:" + socket).parameter("downtime-limit", 100);
    coqmp::migration arrival = co_await coqmp::receive_migration(destination.session(), where);
    coqmp::migration departure = co_await coqmp::start_migration(source.session(), where);

    auto const print = [](coqmp::migration_progress const& now) { std::cout << now << '\n'; };
    co_await departure.run(print);  // throws with the reason if it fails; Ctrl-C cancels it
    co_await arrival.wait();
    co_await coqmp::wait_for_state(destination, coqmp::run_state::running);
    std::cout << "the guest is running at its destination\n";

    co_await source.session().quit();
    co_await destination.session().quit();
    std::remove(socket.c_str());
}

int main(int argc, char** argv)
try {
    coqmp::run(move_guest(std::string(argc == 2 ? argv[1] : ".") + "/migration"));
} catch (std::exception const& error) {
    std::cerr << "migration: " << error.what() << '\n';
    return 1;
}
