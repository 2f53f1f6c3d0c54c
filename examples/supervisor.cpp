// Keeps two machines running: one is killed and comes back, one is stopped by its owner and stays down.
// usage: supervisor
#include <coqmp/coqmp.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <signal.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> until_running(coqmp::change_stream& changes, std::string machine)
{
    while (auto change = co_await changes.next()) {
        std::cout << *change << '\n';
        if (change->machine == machine && change->state == coqmp::lifecycle::running)
            co_return;
    }
}

asio::awaitable<void> run()
{
    coqmp::supervisor machines{co_await asio::this_coro::executor};
    coqmp::change_stream changes = machines.subscribe();

    coqmp::machine_spec spec;
    spec.arguments = {"-M", "none", "-nodefaults", "-display", "none"};
    coqmp::supervision_policy policy;
    policy.backoff = 50ms;
    policy.shutdown.ask_guest = coqmp::ask_guest::no;  // there is no guest
    machines.add("web", spec, policy);
    machines.add("build", spec, policy, {"web"});  // starts after web, and is shut down before it
    machines.start("web");
    machines.start("build");
    co_await until_running(changes, "build");

    if (auto process = machines.pid("web"))
        ::kill(*process, SIGKILL);  // as a crash would
    co_await until_running(changes, "web");

    auto end = co_await machines.async_stop("build");
    std::cout << "build: " << end << "; " << machines.state("build") << '\n';
    co_await machines.async_shutdown(10s);
}

int main()
{
    asio::io_context context;
    asio::co_spawn(context, run(), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    context.run();
}
