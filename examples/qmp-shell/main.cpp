// qmp-shell: a shell for QEMU's monitor protocol. `man qmp-shell` says how it is used.
#include "options.hpp"
#include "qemu/wrapped_program.hpp"
#include "run.hpp"
#include "terminal/columns.hpp"

#include <fcntl.h>
#include <langinfo.h>
#include <signal.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string_view>
#include <variant>

namespace {

/// QEMU's texts are UTF-8, and what is typed shall be too.
void set_utf8_locale()
{
    // NOLINTBEGIN(concurrency-mt-unsafe): there is one thread
    std::setlocale(LC_CTYPE, "");
    if (std::string_view(::nl_langinfo(CODESET)) != "UTF-8")
        std::setlocale(LC_CTYPE, "C.UTF-8");
    // NOLINTEND(concurrency-mt-unsafe)
}

/// A standard stream that is closed would be the next file that is opened, such as the socket: its place is taken.
void reserve_std_descriptors()
{
    for (int const number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        // Writing to standard output then fails, and the failure is reported.
        if (::fcntl(number, F_GETFD) < 0)
            (void)::open("/dev/null", number == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    }
}

/// As if Ctrl-C had not been caught, now that all is cleaned up: only then does the loop of a shell script end with us.
void raise_default_sigint()
{
    std::cout.flush();
    std::fflush(nullptr);
    struct sigaction usual = {};
    usual.sa_handler = SIG_DFL;
    ::sigaction(SIGINT, &usual, nullptr);
    ::raise(SIGINT);  // if it is blocked, this returns, and the status says the same
}

}  // namespace

int main(int argc, char** argv)
try {
    reserve_std_descriptors();
    if (qmp_shell::is_wrapper_child(argc, argv))
        return qmp_shell::exec_wrapped(argv);
    set_utf8_locale();
    auto const read = qmp_shell::read_command_line(argc, argv);
    if (auto const* const status = std::get_if<int>(&read))
        return *status;
    qmp_shell::exit_code const result = qmp_shell::run(std::get<qmp_shell::options>(read));
    if (result == qmp_shell::exit_code::interrupted)
        raise_default_sigint();
    return static_cast<int>(result);
} catch (std::exception const& error) {
    std::cerr << "qmp-shell: " << qmp_shell::harmless(error.what()) << '\n';
    return static_cast<int>(qmp_shell::exit_code::connection);
}
