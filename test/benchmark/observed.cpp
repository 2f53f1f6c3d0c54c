// Many observed machines under one supervisor: the memory of each, and how often an idle process wakes up.
// usage: observed SOCKET MACHINES SECONDS
#include "measure.hpp"
#include "support/memory.hpp"

#include <coqmp/change.hpp>
#include <coqmp/endpoint.hpp>
#include <coqmp/lifecycle.hpp>
#include <coqmp/supervision_policy.hpp>
#include <coqmp/supervisor.hpp>
#include <coqmp/supervisor_stream.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

namespace {

namespace asio = boost::asio;

/// How often the process gave up the processor because it had nothing to do.
long waits()
{
    ::rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return used.ru_nvcsw;
}

asio::awaitable<void> observe(asio::io_context& context, std::string const& socket, std::size_t count, std::chrono::seconds idle)
{
    std::size_t const before = coqmp::test::resident_bytes();
    coqmp::benchmark::measurement const connecting;
    coqmp::supervisor machines(context);
    coqmp::change_stream changes = machines.subscribe(4 * count);
    coqmp::supervision_policy policy;
    policy.probe_interval = std::chrono::hours(1);  // what remains is what the supervisor does without need
    for (std::size_t index = 0; index < count; ++index)
        machines.observe("vm" + std::to_string(index), coqmp::endpoint::unix_socket(socket), policy);
    for (std::size_t running = 0; running < count;) {
        std::optional<coqmp::change> const next = co_await changes.next();
        running += next->state == coqmp::lifecycle::running ? 1 : 0;
    }
    std::size_t const resident = coqmp::test::resident_bytes() - before;
    std::string const connected = connecting.json();
    long const waited = waits();
    asio::steady_timer timer(context, idle);
    co_await timer.async_wait(asio::deferred);
    std::cout << R"({"connect": )" << connected << R"(, "wakeups": )" << waits() - waited << R"(, "resident_per_machine": )"
              << resident / count << "}\n";
    context.stop();
}

}  // namespace

int main(int argc, char** argv)
try {
    if (argc != 4) {
        std::cerr << "usage: observed SOCKET MACHINES SECONDS\n";
        return 2;
    }
    ::rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    asio::io_context context(1);
    std::string const socket = argv[1];
    asio::co_spawn(context, observe(context, socket, std::stoul(argv[2]), std::chrono::seconds(std::stol(argv[3]))),
                   [](std::exception_ptr failure) {
                       if (failure)
                           std::rethrow_exception(failure);
                   });
    context.run();
    return 0;
} catch (std::exception const& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
}
