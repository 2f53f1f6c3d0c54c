// Many machines in one thread: one coroutine supervises each, from launch to exit, as if it were the only one.
// usage: many_machines COUNT [SECONDS]        (how many, and how long they run; Ctrl-C shuts them down earlier)
#include <coqmp/coqmp.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;

asio::awaitable<void> supervise(int number, asio::steady_timer& closing_time, int& good)
try {
    coqmp::machine_spec spec;
    spec.arguments = {"-M", "none", "-nodefaults", "-display", "none", "-S"};
    auto const executor = co_await asio::this_coro::executor;
    coqmp::machine machine{executor, spec};
    co_await machine.async_start();  // through a socketpair: no file, no address

    auto const status = co_await machine.session().execute("query-status");
    auto const resumed = co_await machine.session().execute_until("cont", "RESUME");
    co_await closing_time.async_wait(asio::as_tuple(asio::deferred));
    auto const stopped = co_await machine.session().execute_until("stop", "STOP");

    // Asks the guest to shut down, then QEMU to quit, then the kernel to kill it, all within two seconds.
    auto const ended = co_await machine.async_shutdown(std::chrono::seconds(2));
    std::cout << "machine " << number << ": " << status.at("status").as_string().c_str() << ", " << resumed.name << ' '
              << stopped.name << ", " << ended << '\n';
    good += ended.exit_code == 0 ? 1 : 0;
} catch (std::exception const& error) {
    std::cerr << "machine " << number << ": " << error.what() << '\n';
}

int main(int argc, char** argv)
{
    int const count = argc > 1 ? std::stoi(argv[1]) : 20;
    asio::io_context context;
    asio::steady_timer closing_time{context, std::chrono::seconds(argc > 2 ? std::stoi(argv[2]) : 0)};
    asio::signal_set signals{context, SIGINT, SIGTERM};
    signals.async_wait([&](auto error, int) {
        if (!error)
            closing_time.expires_at(asio::steady_timer::time_point::min());  // ends all current and all later waits
    });

    int running = count;
    int good = 0;
    for (int number = 1; number <= count; ++number)
        asio::co_spawn(context, supervise(number, closing_time, good), [&](std::exception_ptr) {
            if (--running == 0)
                signals.cancel();  // otherwise run() would wait for Ctrl-C forever
        });
    context.run();
    std::cout << count << " machines, " << good << " exited with status 0\n";
    return good == count ? 0 : 1;
}
