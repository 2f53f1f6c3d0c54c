// The program that `./dev demo` runs: the life of a machine from launch to exit, with a line for each step.
// usage: demo [PROGRAM]        (a QEMU other than qemu-system-x86_64)
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> show(coqmp::machine_spec spec, bool& worked)
{
    std::cout << "Launching " << spec.program << " (a machine without a guest; it needs no disk image) ...\n";
    coqmp::machine machine{co_await asio::this_coro::executor, spec};
    co_await machine.async_start();  // through a socketpair: no file, no address, no race
    auto& session = machine.session();
    std::cout << "QEMU " << session.greeting().version << " is ready, process " << machine.pid() << ".\n\n";

    auto const status = co_await session.execute("query-status");
    std::cout << "We query its state.\n  query-status: " << status << '\n';

    coqmp::event_stream events = session.subscribe();  // before the commands, so that no event is missed
    co_await session.execute("cont");
    co_await session.execute("stop");
    coqmp::event const resumed = co_await events.async_next();
    coqmp::event const stopped = co_await events.async_next();
    std::cout << "We resume it and stop it again.\n  event: " << resumed << "\n  event: " << stopped << '\n';

    coqmp::reply const refusal = co_await session.async_execute("make-coffee");
    std::cout << "We send a command that it does not know.\n  make-coffee: " << refusal << "\nWe end it.\n";

    co_await session.quit();
    while (auto event = co_await events.next())  // until the session has ended
        std::cout << "  event: " << *event << '\n';
    coqmp::exit_status const ended = co_await machine.async_wait();
    std::cout << "QEMU " << ended << ".\n\n";
    worked = refusal.has_error() && ended.exit_code == 0;
}

int main(int argc, char** argv)
try {
    coqmp::machine_spec spec;
    spec.program = argc > 1 ? argv[1] : spec.program;
    spec.arguments = {"-M", "none", "-nodefaults", "-display", "none", "-S"};
    bool worked = false;
    coqmp::run(show(spec, worked));
    std::cout << (worked ? "Everything worked.\n" : "Something went wrong.\n");
    return worked ? 0 : 1;
} catch (coqmp::start_failed const& error) {
    bool const missing = error.code() == coqmp::errc::launch_failed;
    std::cerr << error.what() << (missing ? "\nIs QEMU installed? (Debian, Ubuntu: apt install qemu-system-x86)\n" : "\n");
    return 1;
}
