// Why a machine ended: QEMU's exit status does not say it, its last events do.
#include <coqmp/machine.hpp>
#include <coqmp/run.hpp>

#include <boost/asio/co_spawn.hpp>

#include <signal.h>

#include <chrono>
#include <iostream>

namespace asio = boost::asio;
using namespace std::chrono_literals;

coqmp::machine_spec small_machine()
{
    coqmp::machine_spec spec;
    spec.arguments = {"-M", "none", "-display", "none"};
    return spec;
}

asio::awaitable<void> run(char const* what, int signal)
{
    auto const spec = small_machine();
    coqmp::machine machine(co_await asio::this_coro::executor, spec);
    co_await machine.async_start();
    std::cout << "in state " << co_await machine.async_wait_state_change(coqmp::run_state::unknown) << '\n';
    if (signal != 0) {
        ::kill(machine.pid(), signal);  // as another program would
        co_await machine.async_wait();
    } else {  // without asking: this machine has no guest that could react
        co_await machine.async_shutdown(coqmp::shutdown_options(20s).without_guest());
    }
    std::cout << what << ": " << *machine.end() << '\n';
}

asio::awaitable<void> run_all()
{
    co_await run("a signal", SIGTERM);
    co_await run("another signal", SIGKILL);
    co_await run("a shutdown", 0);
}

int main()
{
    return coqmp::run_program("machine_end", run_all());
}
