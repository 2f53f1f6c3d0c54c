#include "qemu/wrapped_program.hpp"

#include "qemu/program_keeper.hpp"
#include "terminal/text.hpp"

#include <coqmp/machine.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
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

/// The arguments with which the shell starts itself: this word, two of its descriptors, one to write to and one to read from,
/// its process number, the program, the program's arguments.
constexpr std::string_view wrapper_child_word = "--become-wrapped-program";
constexpr int output_before_program = 5;

/// Reports to the keeper, once, that QEMU has closed its monitor.
class keeper_news
{
public:
    keeper_news()
    {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
        reading_ = coqmp::descriptor(ends[0]);
        writing_ = coqmp::descriptor(ends[1]);
    }

    [[nodiscard]] int reading_end() const noexcept { return reading_.number(); }

    void send() const
    {
        char const any = 0;
        [[maybe_unused]] auto const written = ::write(writing_.number(), &any, 1);  // the pipe is empty, and has a reader here
    }

private:
    coqmp::descriptor reading_{-1};
    coqmp::descriptor writing_{-1};
};

/// What a process writes to its standard output and standard error, shown line by line.
class program_output
{
public:
    program_output(event_loop& loop, screen& screen) : loop_(loop), screen_(screen), reading_(loop.get_executor())
    {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
        reading_.assign(ends[0]);
        writing_ = coqmp::descriptor(ends[1]);
        read();
    }

    [[nodiscard]] int writing_end() const noexcept { return writing_.number(); }

    /// Call this when the process has its own copy: its end can then be seen here.
    void close_writing_end() { writing_ = coqmp::descriptor(-1); }

    /// Shows what is still to come of a process that has ended; a process that it has started may hold the other end forever.
    void await_the_last()
    {
        close_writing_end();
        loop_.run_until([this] { return ended_; }, 500ms);
        show(buffer_.size());
    }

private:
    void read()
    {
        reading_.async_read_some(asio::buffer(piece_), [this](error_code error, std::size_t size) {
            if (error == asio::error::operation_aborted)
                return;
            ended_ = error.failed();
            buffer_.append(piece_.data(), size);
            std::size_t const lines = buffer_.rfind('\n') + 1;  // npos + 1 is 0
            show(ended_ || buffer_.size() > longest_line ? buffer_.size() : lines);
            if (!ended_)
                read();
        });
    }

    void show(std::size_t size)
    {
        if (size > 0)
            screen_.note(harmless(std::string_view(buffer_).substr(0, size)));
        buffer_.erase(0, size);
    }

    static constexpr std::size_t longest_line = 16384;

    event_loop& loop_;
    screen& screen_;
    asio::posix::stream_descriptor reading_;
    coqmp::descriptor writing_{-1};
    std::array<char, 4096> piece_{};
    std::string buffer_;
    bool ended_ = false;
};

/// The shell itself as the program: it prepares what the library leaves as it is, and then becomes the QEMU.
coqmp::machine_spec wrapper_spec(options const& options, coqmp::session_options behaviour, int writing_end, int news)
{
    coqmp::machine_spec result;
    result.program = "/proc/self/exe";
    result.arguments = {std::string(wrapper_child_word), std::to_string(writing_end), std::to_string(news),
                        std::to_string(::getpid())};
    result.arguments.insert(result.arguments.end(), options.program.begin(), options.program.end());
    result.share_process_group = true;  // the leader of a group cannot create a session, and the keeper creates one
    result.start_timeout = options.timeout.value_or(60s);
    result.session = std::move(behaviour);
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
          output_(loop, screen),
          machine_(loop.get_executor(), wrapper_spec(options, std::move(behaviour), output_.writing_end(), news_.reading_end()))
    {}

    void start()
    {
        asio::cancellation_signal give_up;
        interruption const on_interrupt(loop_, [&] { give_up.emit(asio::cancellation_type::terminal); });
        std::optional<std::exception_ptr> outcome;
        machine_.async_start(
            asio::bind_cancellation_slot(give_up.slot(), [&](std::exception_ptr failure) { outcome = std::move(failure); }));
        loop_.run_until([&outcome] { return outcome.has_value(); });
        output_.close_writing_end();
        try {
            if (*outcome)
                std::rethrow_exception(*outcome);
        } catch (coqmp::start_failed const& failure) {
            explain(failure);
        }
        machine_.async_wait([this](error_code error, coqmp::exit_status status) {
            if (!error)
                status_ = status;
        });
        session().async_wait_closed([this](error_code error, coqmp::session_end end) {
            if (!error && end.reason == coqmp::errc::disconnected)
                news_.send();
        });
    }

    coqmp::session& session() override { return machine_.session(); }

    std::string how_it_ended(error_code why) override
    {
        if (!await_end(3s))
            return name_ + " has closed its monitor (" + why.message() + ") and lives on; it is ended now";
        output_.await_the_last();
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
        if (!status_)
            ask_to_end();
        bool const ended = await_patiently([this] { return status_.has_value(); });
        if (!ended) {
            machine_.kill();
            await_end(time_to_end);
        }
        output_.await_the_last();
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

    /// Says once that a long wait is going on.
    template <class Condition>
    bool await_patiently(Condition const& holds)
    {
        if (loop_.run_until(holds, time_for_a_hint))
            return true;
        if (!std::exchange(hinted_, true))
            screen_.note("waiting for QEMU to end (Ctrl-C kills it)");
        return loop_.run_until(holds, time_to_end - time_for_a_hint);
    }

    void ask_to_end()
    {
        bool answered = false;
        session().async_execute(coqmp::command("quit").timeout(time_to_end),
                                [&answered](error_code, coqmp::reply const&) { answered = true; });
        await_patiently([&answered] { return answered; });
        loop_.run_until([&answered] { return answered; });  // its handler refers to this call
    }

    [[noreturn]] void explain(coqmp::start_failed const& failure)
    {
        output_.await_the_last();
        if (failure.code() == asio::error::operation_aborted)
            throw connection_given_up();
        if (failure.status() && failure.status()->exit_code == no_such_program)
            throw connection_failed(name_ + " did not start");
        if (failure.status())
            throw connection_failed(ending(name_, *failure.status()) + " before it was ready");
        if (failure.code() == coqmp::errc::timed_out)
            throw connection_failed(name_ + " was not ready in time and was killed (--timeout gives it more)");
        throw connection_failed(failure.what());
    }

    event_loop& loop_;
    screen& screen_;
    std::string const name_;
    program_output output_;
    keeper_news const news_;
    coqmp::machine machine_;
    std::optional<coqmp::exit_status> status_;
    bool hinted_ = false;
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
    return argc > output_before_program && argv[1] == wrapper_child_word;
}

int exec_wrapped(char** argv)
{
    std::string const shell = argv[4];
    std::string const descriptors = "/proc/" + shell + "/fd/";
    int const words = ::open((descriptors + argv[2]).c_str(), O_WRONLY | O_CLOEXEC);
    if (words >= 0) {  // otherwise its output goes where it went before
        ::dup2(words, STDOUT_FILENO);
        ::dup2(words, STDERR_FILENO);
    }
    int const news = ::open((descriptors + argv[3]).c_str(), O_RDONLY | O_CLOEXEC);
    return keep_program(static_cast<::pid_t>(std::stoi(shell)), news, argv + output_before_program);
}

}  // namespace qmp_shell
