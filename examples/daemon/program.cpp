#include "daemon/program.hpp"

#include "daemon/configuration/problem_list.hpp"
#include "daemon/log/log_priority.hpp"
#include "daemon/log/log_style.hpp"
#include "daemon/printable_text.hpp"

#include <coqmp/command_failed.hpp>

#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <string>
#include <string_view>

namespace coqmp_daemon {

namespace {

/// The next file that is opened, such as a socket, would get the number of a closed standard stream. /dev/null gets it instead.
void reserve_std_descriptors()
{
    for (int const number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        // Writing to standard output then fails, and the failure is reported.
        if (::fcntl(number, F_GETFD) < 0)
            (void)::open("/dev/null", number == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    }
}

}  // namespace

int run_program(char const* program, std::function<exit_code()> const& work)
try {
    reserve_std_descriptors();
    return static_cast<int>(work());
} catch (configuration_error const& error) {
    for (std::string const& each : error.problems())
        print_error(program, each);
    return static_cast<int>(exit_code::usage);
} catch (coqmp::command_failed const& error) {  // a system_error, too, but there was a connection
    print_error(program, error.what());
    return static_cast<int>(exit_code::failure);
} catch (boost::system::system_error const& error) {
    print_error(program, error.what());
    return static_cast<int>(exit_code::connection);
} catch (std::exception const& error) {
    print_error(program, error.what());
    return static_cast<int>(exit_code::failure);
}

void print_error(std::string_view program, std::string_view reason)
{
    if (look_at_surroundings().is_journal)
        std::cerr << '<' << static_cast<int>(log_priority::error) << '>';
    std::cerr << program << ": " << printable(reason) << '\n';
}

exit_code finish_output(std::string_view program, std::ostream& out)
{
    if (out.flush())
        return exit_code::success;
    print_error(program, "cannot write to standard output");
    return exit_code::connection;
}

}  // namespace coqmp_daemon
