#include "qemu/wrapped_program.hpp"

#include "qemu/program_keeper.hpp"

#include <coqmp/machine.hpp>

#include <boost/asio/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace qmp_shell {

namespace {

using boost::system::error_code;
using namespace std::chrono_literals;

/// The arguments with which the shell starts itself: this word, one of its descriptors, to read from, its process number, the
/// program, the program's arguments.
constexpr std::string_view wrapper_child_word = "--become-wrapped-program";
constexpr int place_of_program = 4;

/// @return its reading end and its writing end
std::pair<coqmp::descriptor, coqmp::descriptor> make_pipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
    return {coqmp::descriptor(ends[0]), coqmp::descriptor(ends[1])};
}

/// The shell itself as the program: it prepares what the library leaves as it is, and then becomes the QEMU.
coqmp::machine_spec wrapper_spec(options const& options, coqmp::session_options behaviour, screen& screen, int news)
{
    coqmp::machine_spec result;
    result.program = "/proc/self/exe";
    result.arguments = {std::string(wrapper_child_word), std::to_string(news), std::to_string(::getpid())};
    result.arguments.insert(result.arguments.end(), options.program.begin(), options.program.end());
    result.share_process_group = true;  // the leader of a group cannot create a session, and the keeper creates one
    result.parent_death_signal = 0;     // the keeper outlives the shell, to end all that the program has started
    result.start_timeout = options.timeout.value_or(60s);
    result.session = std::move(behaviour);
    result.standard_error = coqmp::output_target::lines([&screen](std::string_view line) { screen.note(line); });
    return result;
}

std::string ending(std::string const& name, coqmp::exit_status const& status)
{
    std::ostringstream text;
    text << name << ' ' << status;
    return text.str();
}

class wrapped_program : public connection
{
public:
    wrapped_program(event_loop& loop, screen& screen, options const& options, coqmp::session_options behaviour)
        : loop_(loop),
          screen_(screen),
          name_(options.program.front()),
          machine_(loop.get_executor(), wrapper_spec(options, std::move(behaviour), screen, news_.first.number()))
    {}

    void start()
    {
        coqmp::start_diagnostics diagnostics;
        auto const [failure] = loop_.finish<error_code>(machine_.async_start(diagnostics));
        if (failure)
            explain(failure, diagnostics);
        machine_.async_wait([this](error_code error, coqmp::exit_status status) {
            if (!error)
                status_ = status;
        });
        session().async_wait_closed([this](error_code error, coqmp::session_end end) {
            if (error || end.reason != coqmp::errc::disconnected)
                return;
            char const any = 0;
            [[maybe_unused]] auto const written = ::write(news_.second.number(), &any, 1);  // it has a reader here
        });
    }

    coqmp::session& session() override { return machine_.session(); }

    std::string how_it_ended(error_code why) override
    {
        if (!await_end(3s))
            return name_ + " has closed its monitor (" + why.message() + ") and lives on; it is ended now";
        reported_ = true;
        return ending(name_, *status_);
    }

    [[nodiscard]] bool ends_with_the_shell() const noexcept override { return true; }

    leave_result leave() override
    {
        bool impatient = false;
        interruption const on_interrupt(loop_, [&] {
            impatient = true;
            machine_.kill();
        });
        bool const ended = end_program();
        if (!ended) {
            machine_.kill();
            await_end(time_to_end);
        }
        if (!ended && !impatient)
            return {name_ + " did not end, and was killed", true};
        bool const crashed = status_ && status_->signal != 0 && !impatient;
        return {status_ && !reported_ ? ending(name_, *status_) : std::string(), crashed};
    }

private:
    static constexpr auto time_to_end = 5s;
    static constexpr auto time_for_a_hint = 1s;

    bool await_end(std::chrono::nanoseconds patience)
    {
        return loop_.run_until([this] { return status_.has_value(); }, patience);
    }

    /// Asks QEMU to end, and waits for that.
    bool end_program()
    {
        delayed const hint(loop_, time_for_a_hint, [this] { screen_.note("waiting for QEMU to end (Ctrl-C kills it)"); });
        if (!status_)
            (void)loop_.finish<error_code, coqmp::reply>(session().async_execute(coqmp::command("quit").timeout(time_to_end)));
        return await_end(time_to_end);
    }

    [[noreturn]] void explain(error_code failure, coqmp::start_diagnostics const& diagnostics)
    {
        if (failure == asio::error::operation_aborted)
            throw connection_given_up();
        if (diagnostics.status() && diagnostics.status()->exit_code == no_such_program)
            throw connection_failed(name_ + " did not start");
        if (diagnostics.status())
            throw connection_failed(ending(name_, *diagnostics.status()) + " before it was ready");
        if (failure == coqmp::errc::timed_out)
            throw connection_failed(name_ + " was not ready in time and was killed (--timeout gives it more)");
        throw connection_failed(diagnostics.message());
    }

    event_loop& loop_;
    screen& screen_;
    std::string const name_;
    std::pair<coqmp::descriptor, coqmp::descriptor> const news_ = make_pipe();  ///< to the keeper: QEMU has closed its monitor
    coqmp::machine machine_;
    std::optional<coqmp::exit_status> status_;
    bool reported_ = false;  ///< how it ended
};

}  // namespace

std::unique_ptr<connection> launch(event_loop& loop, screen& screen, options const& options, coqmp::session_options behaviour)
try {
    auto result = std::make_unique<wrapped_program>(loop, screen, options, std::move(behaviour));
    result->start();
    return result;
} catch (std::system_error const& error) {
    throw connection_failed(error.what());
}

bool is_wrapper_child(int argc, char const* const* argv)
{
    return argc > place_of_program && argv[1] == wrapper_child_word;
}

int exec_wrapped(char** argv)
{
    ::dup2(STDERR_FILENO, STDOUT_FILENO);  // both go where the shell reads, in the order in which they are written
    std::string const shell = argv[3];
    int const news = ::open(("/proc/" + shell + "/fd/" + argv[2]).c_str(), O_RDONLY | O_CLOEXEC);
    return keep_program(static_cast<::pid_t>(std::stoi(shell)), news, argv + place_of_program);
}

}  // namespace qmp_shell
