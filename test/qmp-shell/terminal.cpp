#include "terminal.hpp"

#include "script.hpp"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace qmp_shell::test {

namespace {

/// Longer than anything takes on a busy machine under a sanitizer: it turns a hang into a message that shows the screen.
constexpr int patience_in_milliseconds = 60'000;

::pid_t job = -1;

/// What a login shell does when Ctrl-Z has stopped what is around its job (`sh -c`, `sudo`, `timeout`), and not the job yet.
void take_terminal_first(int)
{
    int const before = errno;
    ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
    ::kill(-job, SIGTSTP);
    errno = before;
}

/// Waits until the job has stopped or ended, whatever interrupts that.
int status_of_job()
{
    int status = 0;
    while (::waitpid(job, &status, WUNTRACED) < 0 && errno == EINTR) {
    }
    return status;
}

/// What a login shell does for its job: it gives it the terminal, stops when that stops, and wakes it up when it is woken up.
[[noreturn]] void control_job(char* const* arguments, char* const* environment)
{
    ::signal(SIGTTOU, SIG_IGN);  // a process that gives the terminal away is already in the background
    ::signal(SIGUSR1, &take_terminal_first);
    job = ::fork();
    if (job == 0) {
        ::setpgid(0, 0);
        ::tcsetpgrp(STDIN_FILENO, ::getpid());
        ::signal(SIGTTOU, SIG_DFL);
        ::signal(SIGUSR1, SIG_DFL);
        ::execve(arguments[0], arguments, environment);
        ::_exit(127);
    }
    int status = status_of_job();
    for (; WIFSTOPPED(status); status = status_of_job()) {
        ::raise(SIGSTOP);
        ::tcsetpgrp(STDIN_FILENO, job);
        ::kill(-job, SIGCONT);
    }
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace

terminal::terminal(std::vector<std::string> const& arguments, std::filesystem::path const& home,
                   std::vector<std::string> const& settings, control_of_jobs control)
{
    std::vector<std::string> words{QMP_SHELL_PROGRAM};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> environment{"HOME=" + home.native(), "TERM=xterm", "LC_ALL=C.UTF-8",
                                         "LSAN_OPTIONS=print_suppressions=0:suppressions=" QMP_SHELL_LEAKS};
    for (char const* const name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE"}) {
        if (char const* const value = std::getenv(name))
            environment.push_back(std::string(name) + '=' + value);
    }
    environment.insert(environment.begin(), settings.begin(), settings.end());  // of two of a name the first counts
    std::vector<char*> const argument_pointers = pointers(words);
    std::vector<char*> const environment_pointers = pointers(environment);
    ::winsize size{height, columns, 0, 0};
    int master = -1;
    pid_ = ::forkpty(&master, nullptr, nullptr, &size);
    if (pid_ < 0)
        throw std::system_error(errno, std::generic_category(), "forkpty");
    if (pid_ == 0) {
        if (control == control_of_jobs::there)
            control_job(argument_pointers.data(), environment_pointers.data());
        ::execve(argument_pointers[0], argument_pointers.data(), environment_pointers.data());
        ::_exit(127);
    }
    master_ = coqmp::descriptor(master);
}

terminal::~terminal()
{
    if (pid_ < 0)
        return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void terminal::type(std::string_view keys)
{
    while (!keys.empty()) {
        ::ssize_t const size = ::write(master_.number(), keys.data(), keys.size());
        if (size < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "typing");
        keys.remove_prefix(size < 0 ? 0 : static_cast<std::size_t>(size));
    }
}

bool terminal::read()
{
    ::pollfd waiting{master_.number(), POLLIN, 0};
    int const ready = ::poll(&waiting, 1, patience_in_milliseconds);
    if (ready < 0 && errno == EINTR)
        return true;
    if (ready <= 0)
        return false;
    std::array<char, 4096> piece{};
    ::ssize_t const size = ::read(master_.number(), piece.data(), piece.size());
    if (size <= 0) {
        ended_ = size == 0 || errno == EIO;  // Linux: no process holds the other side any more
        return !ended_;
    }
    std::string_view const text(piece.data(), static_cast<std::size_t>(size));
    screen_.write(text);
    written_ += text;
    return true;
}

void terminal::look_for(std::function<bool()> const& seen, std::string_view what)
{
    while (!seen()) {
        if (!read())
            throw std::runtime_error((ended_ ? "the shell ended before there was: " : "never seen: ") + std::string(what) +
                                     "\n--- the screen\n" + screen_.text() + "---");
    }
}

void terminal::expect(std::string_view text)
{
    auto const seen = [&] {
        auto const rows = screen_.rows();
        for (std::size_t row = first_row_; row < rows.size(); ++row) {
            if (rows[row].find(text) == std::string::npos)
                continue;
            first_row_ = row + 1;
            return true;
        }
        return false;
    };
    look_for(seen, text);
}

void terminal::expect_line(std::string_view line)
{
    look_for([&] { return screen_.line_at_cursor() == line; }, line);
}

void terminal::expect(std::function<bool(screen_model const&)> const& holds, std::string_view what)
{
    look_for([&] { return holds(screen_); }, what);
}

int terminal::wait()
{
    while (!ended_) {
        if (!read() && !ended_)
            throw std::runtime_error("the shell does not end\n--- the screen\n" + screen_.text() + "---");
    }
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void terminal::resize(unsigned short width)
{
    ::winsize size{height, width, 0, 0};
    screen_.resize(width);
    ::ioctl(master_.number(), TIOCSWINSZ, &size);
}

void terminal::signal(int number) const
{
    ::kill(pid_, number);
}

void terminal::wait_until_stopped() const
{
    ::siginfo_t about{};
    while (::waitid(P_PID, static_cast<::id_t>(pid_), &about, WSTOPPED) != 0 && errno == EINTR) {
    }
}

bool terminal::is_as_usual() const
{
    ::termios settings{};
    return ::tcgetattr(master_.number(), &settings) == 0 && (settings.c_lflag & ICANON) != 0U && (settings.c_lflag & ECHO) != 0U;
}

int terminal::flags_of_input() const
{
    std::ifstream told("/proc/" + std::to_string(pid_) + "/fdinfo/0");
    for (std::string word; told >> word;)
        if (word == "flags:" && told >> word)
            return std::stoi(word, nullptr, 8);
    throw std::runtime_error("the kernel says nothing about the shell's standard input");
}

}  // namespace qmp_shell::test
