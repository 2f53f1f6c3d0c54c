// Launching without a race: the socket listens before QEMU exists, so QEMU can never connect too early, and no client has to
// poll. A QEMU that does not get ready ends the wait at once, with its own words.
// usage: listener DIRECTORY        (where the socket shall be)
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <filesystem>
#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> run(std::filesystem::path directory)
{
    auto const executor = co_await asio::this_coro::executor;

    // Bound, private (mode 0600) and listening from here on; the file goes when the listener goes. One serves many machines.
    coqmp::listener door{executor, coqmp::endpoint::unix_socket(directory / "door")};

    // The arguments that async_start() appends to QEMU's. A program that launches QEMU in another way appends them itself, and
    // calls door.async_accept().
    std::cout << "QEMU is told:";
    for (auto const& argument : door.qemu_arguments())
        std::cout << ' ' << argument;
    std::cout << '\n';

    coqmp::machine_spec spec;
    spec.arguments = {"-M", "none", "-nodefaults", "-display", "none", "-S"};
    coqmp::machine first{executor, spec};
    coqmp::machine second{executor, spec};
    co_await first.async_start(door);  // launched, connected, negotiated; only the process that was launched is let in
    co_await second.async_start(door);
    std::cout << "first: " << (co_await first.session().execute("query-status")).at("status") << '\n';
    std::cout << "second: " << (co_await second.session().execute("query-status")).at("status") << '\n';

    spec.arguments.insert(spec.arguments.end(), {"-device", "no-such-device"});
    coqmp::machine third{executor, spec};
    try {
        co_await third.async_start(door);
    } catch (coqmp::start_failed const& failure) {
        std::cout << "third did not start: " << failure.status().value() << "\nQEMU said: " << failure.standard_error();
    }

    co_await first.session().quit();
    co_await second.session().quit();
    auto const ended = co_await first.async_wait();
    std::cout << (co_await second.async_wait() == ended ? "both ended" : "they ended in different ways") << '\n';
}

int main(int argc, char** argv)
{
    asio::io_context context;
    asio::co_spawn(context, run(argc == 2 ? argv[1] : "."), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    context.run();
}
