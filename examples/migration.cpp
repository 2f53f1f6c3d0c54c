// A migration: moves a guest from one QEMU to another on this host, and prints how far it has come. Ctrl-C cancels it.
// usage: migration DIRECTORY        (for the socket between the two)
#include <coqmp/coqmp.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> move_guest(std::string directory)
{
    auto const executor = co_await asio::this_coro::executor;
    coqmp::machine_spec spec;
    spec.arguments = {"-M", "pc,accel=tcg", "-m", "64", "-nodefaults", "-display", "none"};
    coqmp::machine source{executor, spec};
    co_await source.async_start();
    spec.arguments.insert(spec.arguments.end(), {"-incoming", "defer"});
    coqmp::machine destination{executor, spec};
    co_await destination.async_start();

    // If it fails, this throws with the reasons of both QEMUs, and the guest goes on at the source. Ctrl-C cancels it in QEMU.
    auto const where = coqmp::migration_spec("unix:" + directory + "/migration").parameter("downtime-limit", 100);
    auto const print = [](coqmp::migration_progress const& now) { std::cout << now << '\n'; };
    co_await coqmp::migrate(source, destination, where, print);
    std::cout << "the guest is " << destination.state() << " at its destination\n";

    co_await source.session().quit();  // however this function is left, no QEMU outlives its object
    co_await destination.async_shutdown(coqmp::shutdown_options(10s).without_guest());
}

int main(int argc, char** argv)
{
    return coqmp::run_program("migration", move_guest(argc > 1 ? argv[1] : "."));
}
