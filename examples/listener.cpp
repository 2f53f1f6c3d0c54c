// Launching without a race: the socket listens before QEMU exists, so QEMU cannot connect too early and no client has to poll.
// If QEMU exits before it is ready, the wait ends immediately, with QEMU's own error output.
// usage: listener DIRECTORY        (where to create the socket)
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <filesystem>
#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> launch(std::filesystem::path directory)
{
    auto const executor = co_await asio::this_coro::executor;

    // From here on the socket is bound, private (mode 0600) and listening. The listener removes it in the end. It serves many machines.
    coqmp::listener listener{executor, coqmp::endpoint::unix_socket(directory / "monitor")};

    // async_start() adds these arguments to QEMU's. A program that launches QEMU in another way adds them itself, and calls
    // listener.async_accept().
    std::cout << "QEMU gets these arguments:";
    for (auto const& argument : listener.qemu_arguments())
        std::cout << ' ' << argument;
    std::cout << '\n';

    coqmp::machine_spec spec;
    spec.arguments = {"-M", "none", "-nodefaults", "-display", "none", "-S"};
    coqmp::machine first{executor, spec};
    coqmp::machine second{executor, spec};
    co_await first.async_start(listener);  // launched, connected, negotiated; only the launched process may connect
    co_await second.async_start(listener);
    std::cout << "first: " << (co_await first.session().execute("query-status")).at("status") << '\n';
    std::cout << "second: " << (co_await second.session().execute("query-status")).at("status") << '\n';

    spec.arguments.insert(spec.arguments.end(), {"-device", "no-such-device"});
    coqmp::machine third{executor, spec};
    try {
        co_await third.async_start(listener);
    } catch (coqmp::start_failed const& failure) {
        std::cout << "third did not start: " << failure.status().value() << "\nQEMU said: " << failure.standard_error();
    }

    co_await first.session().quit();
    co_await second.session().quit();
    auto const ended = co_await first.async_wait();
    std::cout << (co_await second.async_wait() == ended ? "both exited" : "they exited with different statuses") << '\n';
}

int main(int argc, char** argv)
{
    coqmp::run(launch(argc == 2 ? argv[1] : "."));
}
