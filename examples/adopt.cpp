// A machine that outlives its program: the first run launches QEMU and releases it, the second one adopts it and shuts it down.
// usage: adopt DIRECTORY        (twice)
#include <coqmp/coqmp.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> launch_and_release(std::string directory)
{
    coqmp::listener monitor(co_await asio::this_coro::executor, coqmp::endpoint::unix_socket(directory + "/monitor"));
    coqmp::machine_spec spec;
    spec.arguments = {"-M", "none", "-display", "none", "-S"};
    spec.standard_error = coqmp::output_target::file(directory + "/errors");  // not a pipe to this program, which ends first
    spec.outlives_us = true;
    coqmp::machine vm(co_await asio::this_coro::executor, spec);
    co_await vm.async_start(monitor);
    // Written before anything else happens: if this program is killed from here on, the next one still finds the machine.
    vm.record().save(directory + "/record");
    std::cout << "released: process " << vm.release().process << '\n';
}

asio::awaitable<void> adopt_and_shut_down(std::string directory, coqmp::machine_record record)
{
    coqmp::machine vm = co_await coqmp::machine::adopt(record);
    auto const state = co_await vm.async_wait_state_change(coqmp::run_state::unknown);
    std::cout << "adopted: process " << vm.pid() << " is in state " << state << '\n';
    co_await vm.async_shutdown(10s);
    std::cout << "ended: " << vm.end().value() << '\n';
    for (char const* const name : {"/record", "/errors"})
        std::remove((directory + name).c_str());
}

int main(int argc, char** argv)
try {
    std::string const directory = argc > 1 ? argv[1] : "/nowhere";
    auto const record = coqmp::machine_record::load(directory + "/record");
    coqmp::run(record ? adopt_and_shut_down(directory, *record) : launch_and_release(directory));
} catch (std::exception const& error) {
    std::cerr << "adopt: " << error.what() << '\n';  // "cannot adopt the machine: process 4711 has ended, ..."
    return 1;
}
