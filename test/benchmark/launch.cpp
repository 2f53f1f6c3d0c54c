// Measures from fork to the answer to `qmp_capabilities`: coqmp's machine beside a C program that does only what QEMU needs.
// usage: launch reference COUNT | machine COUNT | crowd COUNT
// `crowd` launches COUNT machines at once, queries the status of each, and shuts them all down.
#include "measure.hpp"

#include <coqmp/machine.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;
using coqmp::benchmark::measurement;

void read_line(int socket)
{
    char byte = 0;
    do {
        if (::read(socket, &byte, 1) != 1)
            throw std::runtime_error("QEMU has left");
    } while (byte != '\n');
}

void write_all(int socket, std::string_view text)
{
    if (::write(socket, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error("QEMU does not read");
}

void run_qemu(int socket)
{
    ::fcntl(socket, F_SETFD, 0);
    std::string const chardev = "socket,id=mon0,fd=" + std::to_string(socket);
    ::execlp("qemu-system-x86_64", "qemu-system-x86_64", "-M", "none", "-nodefaults", "-display", "none", "-S", "-chardev",
             chardev.c_str(), "-mon", "chardev=mon0,mode=control", nullptr);
    ::_exit(127);
}

void run_reference(std::size_t count)
{
    for (std::size_t done = 0; done < count; ++done) {
        measurement const measured;
        std::array<int, 2> pair{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
            throw std::runtime_error("no socketpair");
        pid_t const child = ::fork();
        if (child == 0)
            run_qemu(pair[1]);
        ::close(pair[1]);
        read_line(pair[0]);
        write_all(pair[0], R"({"execute":"qmp_capabilities","arguments":{"enable":["oob"]},"id":"coqmp-012345678"})");
        read_line(pair[0]);
        measured.print();
        write_all(pair[0], R"({"execute":"quit","id":1})");
        ::waitpid(child, nullptr, 0);
        ::close(pair[0]);
    }
}

coqmp::machine_spec specification()
{
    coqmp::machine_spec result;
    result.arguments = {"-M", "none", "-nodefaults", "-display", "none", "-S"};
    return result;
}

asio::awaitable<void> run_machines(std::size_t count)
{
    auto const executor = co_await asio::this_coro::executor;
    for (std::size_t done = 0; done < count; ++done) {
        measurement const measured;
        coqmp::machine machine(executor, specification());
        co_await machine.async_start(asio::deferred);
        measured.print();
        co_await machine.session().quit();
        co_await machine.async_wait(asio::deferred);
    }
}

asio::awaitable<void> run_one_of_many(std::size_t& ready, std::size_t& well)
{
    coqmp::machine machine(co_await asio::this_coro::executor, specification());
    co_await machine.async_start(asio::deferred);
    ++ready;
    boost::json::value const status = co_await machine.session().execute("query-status");
    coqmp::exit_status const ended = co_await machine.async_shutdown(std::chrono::seconds(60), asio::deferred);
    well += ended.exit_code == 0 && status.as_object().contains("status") ? 1 : 0;
}

void run_crowd(std::size_t count)
{
    asio::io_context context(1);
    measurement const measured;
    std::size_t ready = 0;
    std::size_t well = 0;
    for (std::size_t index = 0; index < count; ++index)
        asio::co_spawn(context, run_one_of_many(ready, well), [](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
        });
    context.run();
    measured.print();
    if (well != count)
        throw std::runtime_error(std::to_string(well) + " of " + std::to_string(count) + " machines exited with status 0");
}

}  // namespace

int main(int argc, char** argv)
{
    try {
        if (argc != 3)
            throw std::invalid_argument("usage: launch reference COUNT | machine COUNT | crowd COUNT");
        std::string_view const work = argv[1];
        std::size_t const count = std::stoul(argv[2]);
        if (work == "reference") {
            run_reference(count);
        } else if (work == "crowd") {
            run_crowd(count);
        } else {
            asio::io_context context(1);
            asio::co_spawn(context, run_machines(count), [](std::exception_ptr failure) {
                if (failure)
                    std::rethrow_exception(failure);
            });
            context.run();
        }
        return EXIT_SUCCESS;
    } catch (std::exception const& error) {
        std::cerr << "launch: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
