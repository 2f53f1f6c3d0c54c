#include "daemon/hooks/hook_process.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace coqmp_daemon {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// Owns a descriptor until it is taken.
class open_end
{
public:
    open_end() = default;
    open_end(open_end const&) = delete;
    open_end& operator=(open_end const&) = delete;
    ~open_end() { reset(-1); }

    void reset(int number) noexcept
    {
        if (number_ >= 0)
            ::close(number_);
        number_ = number;
    }
    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] int take() noexcept { return std::exchange(number_, -1); }

private:
    int number_ = -1;
};

std::vector<char*> pointers_to(std::vector<std::string>& words)
{
    std::vector<char*> result;
    for (std::string& each : words)
        result.push_back(each.data());
    result.push_back(nullptr);
    return result;
}

bool make_pipe(open_end& reader, open_end& writer)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return false;
    reader.reset(ends[0]);
    writer.reset(ends[1]);
    return true;
}

/// Starts a program in a process group of its own, with default signal handling. @return an error number, or zero
int spawn(hook_run const& run, int input, int output, ::pid_t& number)
{
    ::posix_spawn_file_actions_t files;
    ::posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 34)
    // execve() closes our own descriptors anyway, but not those that our parent left open.
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
#endif
#endif
    ::sigset_t signals;
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes, &signals);
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes, &signals);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> words = {run.program};
    words.insert(words.end(), run.arguments.begin(), run.arguments.end());
    std::vector<std::string> variables = run.environment;
    int const error = ::posix_spawn(&number, run.program.c_str(), &files, &attributes, pointers_to(words).data(),
                                    pointers_to(variables).data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    return error;
}

}  // namespace

/// The outcome of a start.
struct hook_process::launched
{
    int error = 0;
    ::pid_t number = 0;
    open_end pidfd;
    open_end input;
    open_end output;

    launched() = default;
    launched(launched const&) = delete;
    launched& operator=(launched const&) = delete;
    /// If the daemon ends during the start, nothing else kills the program.
    ~launched()
    {
        if (number > 0)
            ::kill(-number, SIGKILL);
    }

    /// May block.
    void start(hook_run const& run)
    {
        open_end its_input;
        open_end its_output;
        if (!make_pipe(its_input, input) || !make_pipe(output, its_output)) {
            error = errno;
            return;
        }
        error = spawn(run, its_input.number(), its_output.number(), number);
        if (error != 0) {
            number = 0;
            return;
        }
        pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, number, 0)));
        if (pidfd.number() < 0) {
            error = errno;
            ::kill(-number, SIGKILL);
            ::waitpid(std::exchange(number, 0), nullptr, 0);
        }
    }
};

hook_process::hook_process(asio::any_io_executor const& executor, hook_run run, callbacks to_call)
    : run_(std::move(run)),
      callbacks_(std::move(to_call)),
      lines_(run_.output),
      input_(executor),
      output_(executor),
      pidfd_(executor),
      timer_(executor)
{}

std::shared_ptr<hook_process> hook_process::start(asio::any_io_executor const& executor, asio::any_io_executor const& launcher,
                                                  hook_run run, callbacks to_call)
{
    std::shared_ptr<hook_process> const self(new hook_process(executor, std::move(run), std::move(to_call)));
    auto const result = std::make_shared<launched>();
    auto const work = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    asio::post(launcher, [self = self, result, work]() mutable {
        result->start(self->run_);  // the loop does not touch run_ meanwhile
        asio::post(work, [self = std::move(self), result] { self->take(*result); });
    });
    return self;
}

void hook_process::take(launched& result)
{
    if (result.error != 0) {
        end_.failure = std::generic_category().message(result.error);
        if (!is_killed_)
            callbacks_.end(end_);
        return;
    }
    number_ = std::exchange(result.number, 0);
    input_.assign(result.input.take());
    output_.assign(result.output.take());
    pidfd_.assign(result.pidfd.take());
    if (is_killed_)
        return kill();
    write_input();
    read_output();
    wait_for_end();
    await_time(run_.timeout);
}

/// A program that does not read its input is not an error.
void hook_process::write_input()
{
    asio::async_write(input_, asio::buffer(run_.input), [self = shared_from_this()](error_code const&, std::size_t) {
        error_code ignored;
        self->input_.close(ignored);
    });
}

void hook_process::read_output()
{
    output_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](error_code const& error, std::size_t count) {
        if (error || self->number_ == 0)
            return;
        self->take_output(count);
        self->read_output();
    });
}

void hook_process::take_output(std::size_t count)
{
    for (std::string const& each : lines_.add({buffer_.data(), count}))
        callbacks_.line(each);
}

void hook_process::wait_for_end()
{
    pidfd_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](error_code const& error) {
        if (!error && self->number_ != 0)
            self->finish();
    });
}

void hook_process::await_time(std::chrono::milliseconds time)
{
    timer_.expires_after(time);
    timer_.async_wait([self = shared_from_this()](error_code const& error) {
        if (!error)
            self->expire();
    });
}

void hook_process::expire()
{
    if (number_ == 0)
        return;
    signal(end_.was_too_slow ? SIGKILL : SIGTERM);
    end_.was_too_slow = true;
    await_time(run_.patience);
}

/// Reads what the program wrote before it ended. A process that has left the group may still hold the pipe, so this never waits.
void hook_process::drain()
{
    error_code error;
    output_.non_blocking(true, error);
    constexpr int most_reads = 1000;
    for (int reads = 0; reads < most_reads && !error; ++reads) {
        std::size_t const count = output_.read_some(asio::buffer(buffer_), error);
        if (!error)
            take_output(count);
    }
    for (std::string const& each : lines_.finish())
        callbacks_.line(each);
}

void hook_process::finish()
{
    reap();
    drain();
    end_.lines_left_out = lines_.left_out();
    timer_.cancel();
    error_code ignored;
    input_.close(ignored);
    output_.close(ignored);
    pidfd_.close(ignored);
    callbacks_.end(end_);
}

void hook_process::kill()
{
    is_killed_ = true;
    if (number_ == 0)
        return;
    signal(SIGKILL);
    reap();
    timer_.cancel();
    error_code ignored;
    input_.close(ignored);
    output_.close(ignored);
    pidfd_.close(ignored);
}

/// To the process group, whose number cannot be reused before reap().
void hook_process::signal(int number) const noexcept
{
    ::kill(-number_, number);
}

/// First kills what the program has left behind. After kill(), it may not have ended yet: init reaps it when the daemon has ended.
void hook_process::reap() noexcept
{
    signal(SIGKILL);
    int status = 0;
    if (::waitpid(number_, &status, WNOHANG) == number_) {
        end_.status.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        end_.status.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
    number_ = 0;
}

}  // namespace coqmp_daemon
