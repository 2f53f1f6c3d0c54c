// How a program is launched: a descriptor, its output, limits, a directory; and what a start that fails says.
#include <coqmp/machine.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <string_view>

namespace asio = boost::asio;
using namespace std::chrono_literals;

coqmp::machine_spec with_disk(coqmp::descriptor disk)
{
    coqmp::machine_spec spec;
    spec.descriptors.emplace("disk", std::move(disk));  // QEMU needs no right to open the file
    spec.arguments = {"-M",        "none",
                      "-display",  "none",
                      "-add-fd",   "fd={fd:disk},set=1",
                      "-blockdev", "driver=file,node-name=disk0,filename=/dev/fdset/1"};
    spec.standard_error = coqmp::output_target::lines([](std::string_view line) { std::cout << "QEMU: " << line << '\n'; });
    spec.limits.emplace_back(RLIMIT_CORE, 0);
    spec.working_directory = "/";
    return spec;
}

asio::awaitable<void> launch(coqmp::machine_spec spec)
try {
    coqmp::machine machine(co_await asio::this_coro::executor, spec);
    co_await machine.async_start();
    auto const nodes = co_await machine.session().execute("query-named-block-nodes");
    std::cout << "QEMU opened the node " << nodes.at(0).at("node-name") << '\n';
    co_await machine.async_shutdown(10s);
} catch (coqmp::start_failed const& failure) {
    std::cout << "did not start: " << failure.what() << '\n';
}

int main()
try {
    asio::io_context context;
    int const disk = ::open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    coqmp::machine_spec spec = with_disk(coqmp::descriptor(disk));
    asio::co_spawn(context, launch(spec), asio::detached);
    context.run();
    spec.working_directory = "/nowhere";  // each step of a start is named when it fails
    asio::co_spawn(context, launch(spec), asio::detached);
    context.restart();
    context.run();
} catch (std::exception const& error) {
    std::cerr << "launch_options: " << error.what() << '\n';
    return 1;
}
