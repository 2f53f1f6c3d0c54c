// A migration: moves a guest from one QEMU to another on this host, and prints how far it has come. Ctrl-C cancels it.
// usage: migration DIRECTORY        (for the socket between the two)
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>

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

    asio::signal_set signals(executor, SIGINT, SIGTERM);
    signals.async_wait([&departure](auto error, int) {
        if (!error)
            departure.async_cancel(asio::detached);
    });
    while (auto progress = co_await departure.next_progress())
        std::cout << *progress << '\n';
    co_await departure.wait();  // throws with the reason if it failed or was cancelled
    co_await arrival.wait();

    auto const status = co_await destination.session().execute("query-status");
    std::cout << "at the destination the guest is " << status.at("status").as_string().c_str() << '\n';
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
