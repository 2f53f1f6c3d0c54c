// Launches a QEMU that outlives it, prints its record, and waits to be killed.
// usage: releasing_supervisor SOCKET
#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <iostream>

namespace asio = boost::asio;

namespace {

asio::awaitable<void> launch(std::string path)
{
    coqmp::listener monitor(co_await asio::this_coro::executor, coqmp::endpoint::unix_socket(path));
    coqmp::machine_spec spec;
    spec.arguments = {"-M", "none", "-nodefaults", "-display", "none", "-S"};
    spec.outlives_us = true;
    coqmp::machine subject(co_await asio::this_coro::executor, spec);
    co_await subject.async_start(monitor);
    std::cout << subject.record() << std::endl;
    co_await subject.async_wait();
}

}  // namespace

int main(int argc, char** argv)
{
    asio::io_context context(1);
    asio::co_spawn(context, launch(argc == 2 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    context.run();
}
