#include "qemu/wrapped_program.hpp"

#include "daemon/program.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/output_target.hpp>
#include <coqmp/shutdown_options.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace qmp_proxy {

namespace {

using namespace std::chrono_literals;

/// The arguments with which the proxy starts itself: this word, a descriptor, the program, the program's arguments.
constexpr std::string_view wrapped_child_word = "--become-wrapped-program";
constexpr int place_of_program = 3;

/// For `quit` and the signals, if the guest is not asked.
constexpr auto time_without_guest = 10s;

coqmp::machine_spec spec_for(std::vector<std::string> const& program, coqmp::session_options behaviour)
{
    coqmp::machine_spec result;
    result.program = "/proc/self/exe";
    result.arguments = {std::string(wrapped_child_word), "{fd:stdin}"};
    result.arguments.insert(result.arguments.end(), program.begin(), program.end());
    result.descriptors.emplace("stdin", coqmp::descriptor::duplicate(STDIN_FILENO));
    result.standard_error = coqmp::output_target::inherited();
    result.share_process_group = ::isatty(STDIN_FILENO) == 1;
    result.start_timeout = 60s;
    result.session = std::move(behaviour);
    return result;
}

}  // namespace

wrapped_program::wrapped_program(asio::any_io_executor executor, std::vector<std::string> const& program,
                                 coqmp::session_options behaviour)
    : name_(program.front()), machine_(std::move(executor), spec_for(program, std::move(behaviour)))
{}

asio::awaitable<std::string> wrapped_program::start()
{
    coqmp::start_diagnostics diagnostics;
    error_code error;
    co_await machine_.async_start(diagnostics, asio::redirect_error(asio::use_awaitable, error));
    if (!error)
        co_return std::string();
    if (!diagnostics.status())
        co_return diagnostics.message();
    note(*diagnostics.status());
    co_return describe_end() + " before it was ready";
}

asio::awaitable<void> wrapped_program::wait()
{
    coqmp::exit_status const status = co_await machine_.async_wait(asio::use_awaitable);
    note(status);
}

asio::awaitable<void> wrapped_program::shut_down(std::chrono::milliseconds budget)
{
    coqmp::shutdown_options options(budget > 0ms ? budget : std::chrono::milliseconds(time_without_guest));
    options.ask_guest = budget > 0ms ? coqmp::ask_guest::yes : coqmp::ask_guest::no;
    error_code error;
    coqmp::exit_status const status = co_await machine_.async_shutdown(options, asio::redirect_error(asio::use_awaitable, error));
    if (!error)
        note(status);
}

void wrapped_program::note(coqmp::exit_status const& status)
{
    status_ = status;
    exit_code_ = status.signal != 0 ? 128 + status.signal : status.exit_code;
}

std::string wrapped_program::describe_end() const
{
    std::ostringstream text;
    text << name_ << ' ' << status_;
    return text.str();
}

bool is_wrapped_child(int argc, char const* const* argv)
{
    return argc > place_of_program && argv[1] == wrapped_child_word;
}

int exec_wrapped(char** argv)
{
    int const input = std::stoi(argv[2]);
    ::dup2(input, STDIN_FILENO);
    if (input != STDIN_FILENO)
        ::close(input);
    char** const program = argv + place_of_program;
    ::execvp(*program, program);
    coqmp_daemon::print_error("qmp-proxy",
                              std::string("cannot start ") + *program + ": " + std::generic_category().message(errno));
    return no_such_program;
}

}  // namespace qmp_proxy
