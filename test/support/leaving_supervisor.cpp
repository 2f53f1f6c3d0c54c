// Destroys a running machine, and exits immediately; or, with an argument, kills itself. The machine's processes keep the standard
// output open as long as they run.
#include <coqmp/machine.hpp>

#include <boost/asio/io_context.hpp>

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

int main(int argc, char**)
{
    bool const is_killed = argc > 1;
    boost::asio::io_context context(1);
    coqmp::machine_spec spec;
    spec.program = "/bin/sh";
    spec.arguments = {"-c", is_killed ? "echo ready >&2; exec sleep 1000" : "sleep 1000 & echo ready >&2; wait", "script"};
    std::optional<coqmp::machine> subject(std::in_place, context.get_executor(), spec);
    subject->async_start([](std::exception_ptr) {});
    while (subject->standard_error().find("ready") == std::string::npos)
        context.run_one();
    if (is_killed)
        ::kill(::getpid(), SIGKILL);
    subject.reset();
    std::exit(EXIT_SUCCESS);  // NOLINT(concurrency-mt-unsafe): the test is about how the program ends
}
