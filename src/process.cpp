#include "process.hpp"

#include "pidfd.hpp"
#include "process_tree.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>

// glibc 2.36 does not declare its functions extern "C".
extern "C" {}

namespace asio = boost::asio;

namespace coqmp::detail {

namespace {

/// Where a child finds the descriptor that it is handed: the first after its standard ones.
constexpr int handed_over_number = 3;

/// The same descriptor under a number that the child's standard ones cannot overwrite while they are put in place; a program
/// that has closed its own standard descriptors gets such low numbers.
descriptor above_standard(descriptor const& low)
{
    if (low.number() > handed_over_number)
        return low;
    int const number = ::fcntl(low.number(), F_DUPFD_CLOEXEC, handed_over_number + 1);
    if (number < 0)
        throw std::system_error(errno, std::generic_category());
    return descriptor(number);
}

/// Gives a descriptor to Asio, which closes it from then on.
void adopt(asio::posix::stream_descriptor& owner, int number)
{
    boost::system::error_code error;
    owner.assign(number, error);
    if (error) {
        ::close(number);
        throw std::system_error(error.value(), std::generic_category());
    }
}

/// What the child does between its birth and its program.
class child_setup
{
public:
    child_setup()
    {
        check(::posix_spawn_file_actions_init(&actions_));
        check(::posix_spawnattr_init(&attributes_));
    }
    child_setup(child_setup const&) = delete;
    child_setup& operator=(child_setup const&) = delete;
    ~child_setup()
    {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }

    void descriptors(int standard_error, std::optional<descriptor> const& handed_over)
    {
        check(::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
        check(::posix_spawn_file_actions_adddup2(&actions_, standard_error, STDERR_FILENO));
        int first_unused = handed_over_number;
        if (handed_over)
            check(::posix_spawn_file_actions_adddup2(&actions_, handed_over->number(), first_unused++));
        check(::posix_spawn_file_actions_addclosefrom_np(&actions_, first_unused));
    }

    void signals()
    {
        ::sigset_t set;
        ::sigfillset(&set);
        check(::posix_spawnattr_setsigdefault(&attributes_, &set));
        ::sigemptyset(&set);
        check(::posix_spawnattr_setsigmask(&attributes_, &set));
        check(::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
    }

    [[nodiscard]] ::posix_spawn_file_actions_t const* actions() const noexcept { return &actions_; }
    [[nodiscard]] ::posix_spawnattr_t const* attributes() const noexcept { return &attributes_; }

private:
    static void check(int error)
    {
        if (error != 0)
            throw std::system_error(error, std::generic_category(), "cannot prepare a process");
    }

    ::posix_spawn_file_actions_t actions_{};
    ::posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(std::vector<std::string> const& texts)
{
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (std::string const& text : texts)
        result.push_back(const_cast<char*>(text.c_str()));  // posix_spawn takes, and does not use, the right to write.
    result.push_back(nullptr);
    return result;
}

int wait_for(int watcher, ::siginfo_t& information, int flags) noexcept
{
    int result = 0;
    do {
        information = {};
        result = ::waitid(P_PIDFD, static_cast<::id_t>(watcher), &information, WEXITED | flags);
    } while (result != 0 && errno == EINTR);
    return result;
}

/// For the end of a process whose executor is gone: nobody is left to tell, but it must not stay a zombie.
void reap_in_background(int watcher) noexcept
{
    // Asio has made it non-blocking, and then waitid() does not block either.
    ::fcntl(watcher, F_SETFL, 0);
    auto const reap = [watcher] {
        ::siginfo_t information;
        wait_for(watcher, information, 0);
        ::close(watcher);
    };
    try {
        // Only a thread can wait here without blocking whoever destroys the execution context. It ends as soon as the
        // kernel has torn the killed process down, and it touches nothing of ours.
        std::thread(reap).detach();
    } catch (std::system_error const&) {
        reap();
    }
}

}  // namespace

process::process(asio::any_io_executor const& executor, process_options const& options)
    : program_(options.program), watcher_(executor), errors_(executor), tail_(options.error_tail)
{
    try {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            throw std::system_error(errno, std::generic_category());
        descriptor const writing(ends[1]);
        adopt(errors_, ends[0]);
        // Only our end: the child expects a blocking one.
        ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
        launch(options, above_standard(writing));
    } catch (std::system_error const& error) {
        throw std::system_error(error.code(), "cannot start \"" + program_ + '"');
    }
}

process::~process()
{
    if (reaped_)
        return;
    signal(SIGKILL);
    int const watcher = watcher_.release();
    ::siginfo_t information;
    if (wait_for(watcher, information, WNOHANG) != 0 || information.si_pid != 0)
        ::close(watcher);
    else
        reap_in_background(watcher);
}

void process::launch(process_options const& options, descriptor const& standard_error)
{
    child_setup setup;
    std::optional<descriptor> handed_over;
    if (options.handed_over)
        handed_over = above_standard(*options.handed_over);
    setup.descriptors(standard_error.number(), handed_over);
    setup.signals();

    std::vector<std::string> words{program_};
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    std::vector<char*> const arguments = pointers(words);
    std::vector<char*> environment;
    if (options.environment)
        environment = pointers(*options.environment);
    int const error = ::posix_spawnp(&pid_, program_.c_str(), setup.actions(), setup.attributes(), arguments.data(),
                                     options.environment ? environment.data() : environ);
    if (error != 0)
        throw std::system_error(error, std::generic_category());
    watch_child();
}

void process::watch_child()
{
    // Nobody but us can reap the child, so its number is still its own.
    int const watcher = open_pidfd(pid_);
    int const error = errno;
    if (watcher < 0) {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR)
            continue;
        throw std::system_error(error, std::generic_category());
    }
    boost::system::error_code refused;
    watcher_.assign(watcher, refused);
    if (refused) {
        send_signal(watcher, SIGKILL);
        ::siginfo_t information;
        wait_for(watcher, information, 0);
        ::close(watcher);
        throw std::system_error(refused.value(), std::generic_category());
    }
}

void process::watch(callback on_exit)
{
    read_errors(on_exit);
    await_exit(std::move(on_exit));
}

void process::signal(int number) noexcept
{
    std::scoped_lock const lock(reaping_);
    if (reaped_)
        return;
    std::vector<descriptor> descendants;
    try {
        find_descendants(pid_, watcher_.native_handle(), number == SIGKILL, descendants);
    } catch (std::exception const&) {
        // Without memory or descriptors at least the process itself gets its signal.
    }
    send_signal(watcher_.native_handle(), number);
    for (descriptor const& descendant : descendants)
        send_signal(descendant.number(), number);
}

void process::await_exit(callback on_exit)
{
    watcher_.async_wait(asio::posix::descriptor_base::wait_read,
                        [this, on_exit = std::move(on_exit)](boost::system::error_code error) mutable {
                            if (error)
                                return;
                            std::optional<exit_status> const status = reap();
                            if (!status)
                                return await_exit(std::move(on_exit));
                            drain_errors();
                            errors_.close(error);
                            watcher_.close(error);
                            on_exit(*status);
                        });
}

std::optional<exit_status> process::reap()
{
    std::scoped_lock const lock(reaping_);
    ::siginfo_t information;
    int const result = wait_for(watcher_.native_handle(), information, WNOHANG);
    if (result == 0 && information.si_pid == 0)
        return std::nullopt;
    reaped_ = true;
    if (result != 0)
        return exit_status{};  // Somebody else has reaped it (SIGCHLD is ignored, for example): the status is lost.
    if (information.si_code == CLD_EXITED)
        return exit_status{information.si_status, 0};
    return exit_status{-1, information.si_status};
}

void process::read_errors(callback keeps_alive)
{
    errors_.async_wait(asio::posix::descriptor_base::wait_read,
                       [this, keeps_alive = std::move(keeps_alive)](boost::system::error_code error) mutable {
                           if (error || reaped_)
                               return;
                           // One piece at a time, so that a chatterbox does not keep the executor busy.
                           if (read_some_errors() || errno == EAGAIN)
                               read_errors(std::move(keeps_alive));
                       });
}

void process::drain_errors()
{
    // Not to the end of file: somebody that it started may hold the other end, and write, for ever. 64 KiB fit in a pipe.
    for (int pieces = 0; pieces < 64 && read_some_errors(); ++pieces)
        continue;
}

bool process::read_some_errors()
{
    std::array<char, 4096> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
    for (;;) {
        ::ssize_t const size = ::read(errors_.native_handle(), buffer.data(), buffer.size());
        if (size > 0) {
            tail_.append(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
            return true;
        }
        if (size == 0)
            errno = 0;
        if (errno != EINTR)
            return false;
    }
}

}  // namespace coqmp::detail
