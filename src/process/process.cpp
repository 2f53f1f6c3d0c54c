#include "process/process.hpp"

#include "process/helper_thread.hpp"
#include "process/pidfd.hpp"
#include "process/process_tree.hpp"

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

    void attributes(bool share_process_group)
    {
        short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
        if (!share_process_group)
            flags |= POSIX_SPAWN_SETPGROUP;  // zero, which is the default: a new one
        ::sigset_t set;
        ::sigfillset(&set);
        check(::posix_spawnattr_setsigdefault(&attributes_, &set));
        ::sigemptyset(&set);
        check(::posix_spawnattr_setsigmask(&attributes_, &set));
        check(::posix_spawnattr_setflags(&attributes_, flags));
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

/// Runs the work on a helper thread, or here and now if that is impossible.
template <class Work>
void in_background(Work work) noexcept
{
    try {
        helper_thread::for_ending().run(work);
    } catch (std::exception const&) {
        work();
    }
}

/// Waits on a thread of its own, which delays no other work: the kernel may need a long time to tear down a large process, or
/// forever if its disk hangs. The thread touches nothing else of ours.
void reap_in_background(std::shared_ptr<child const> const& which) noexcept
{
    try {
        std::thread([which] { which->await_end(); }).detach();
    } catch (std::exception const&) {
        which->await_end();
    }
}

void kill_and_reap(std::shared_ptr<child const> which) noexcept
{
    in_background([which = std::move(which)] {
        which->signal(SIGKILL);
        reap_in_background(which);
    });
}

/// Kills a child that has no pidfd, if the number is still that of a child.
void kill_and_reap(::pid_t number) noexcept
{
    ::siginfo_t information{};
    if (::waitid(P_PID, static_cast<::id_t>(number), &information, WEXITED | WNOHANG | WNOWAIT) != 0)
        return;
    ::kill(number, SIGKILL);
    while (::waitpid(number, nullptr, 0) < 0 && errno == EINTR)
        continue;
}

/// @throws std::system_error
std::shared_ptr<child const> spawn(process_options const& options, descriptor const& standard_error)
{
    child_setup setup;
    std::optional<descriptor> handed_over;
    if (options.handed_over)
        handed_over = above_standard(*options.handed_over);
    setup.descriptors(standard_error.number(), handed_over);
    setup.attributes(options.share_process_group);

    std::vector<std::string> words{options.program};
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    std::vector<char*> const arguments = pointers(words);
    std::vector<char*> environment;
    if (options.environment)
        environment = pointers(*options.environment);
    ::pid_t number = -1;
    int const error = ::posix_spawnp(&number, options.program.c_str(), setup.actions(), setup.attributes(), arguments.data(),
                                     options.environment ? environment.data() : environ);
    if (error != 0)
        throw std::system_error(error, std::generic_category());
    try {
        unique_fd pidfd(open_pidfd(number));
        if (pidfd.number() < 0)
            throw std::system_error(errno, std::generic_category());
        return std::make_shared<child const>(number, std::move(pidfd));
    } catch (...) {
        kill_and_reap(number);
        throw;
    }
}

}  // namespace

bool child::is_reaped() const noexcept
{
    return detail::is_reaped(pidfd());
}

void child::signal(int number) const noexcept
{
    std::vector<descriptor> descendants;
    try {
        find_descendants(number_, pidfd(), number == SIGKILL, descendants);
    } catch (std::exception const&) {
        // Without memory or descriptors, at least the process itself is signalled.
    }
    send_signal(pidfd(), number);
    for (descriptor const& descendant : descendants)
        send_signal(descendant.number(), number);
}

std::optional<exit_status> child::reap() const noexcept
{
    ::siginfo_t information;
    int const result = wait_for(pidfd(), information, WNOHANG);
    if (result == 0 && information.si_pid == 0)
        return std::nullopt;
    if (result != 0)
        return exit_status{};  // Other code has reaped it (SIGCHLD is ignored, for example): the status is lost.
    if (information.si_code == CLD_EXITED)
        return exit_status{information.si_status, 0};
    return exit_status{-1, information.si_status};
}

void child::await_end() const noexcept
{
    // Asio makes it non-blocking, and then waitid() does not block either.
    ::fcntl(pidfd(), F_SETFL, 0);
    ::siginfo_t information;
    wait_for(pidfd(), information, 0);
}

started_process::~started_process()
{
    if (child_)
        kill_and_reap(std::move(child_));
}

started_process start_process(process_options const& options)
{
    try {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            throw std::system_error(errno, std::generic_category());
        unique_fd reading(ends[0]);
        descriptor const writing(ends[1]);
        // Only our end: the child expects a blocking pipe.
        ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
        return {spawn(options, above_standard(writing)), std::move(reading)};
    } catch (std::system_error const& error) {
        throw std::system_error(error.code(), "cannot start \"" + options.program + '"');
    }
}

process::process(asio::any_io_executor const& executor, started_process&& what, std::size_t error_tail)
    : pid_(what.child_->number()), watcher_(executor), errors_(executor), tail_(error_tail)
{
    errors_.assign(what.errors_.number());
    static_cast<void>(what.errors_.release());
    watcher_.assign(what.child_->pidfd());
    child_ = std::exchange(what.child_, nullptr);
}

process::~process()
{
    end();
}

void process::end() noexcept
{
    if (auto const running = release())
        kill_and_reap(running);
    boost::system::error_code ignored;
    errors_.close(ignored);
}

std::shared_ptr<child const> process::release() noexcept
{
    std::scoped_lock const lock(mutex_);
    if (watcher_.is_open())
        static_cast<void>(watcher_.release());
    return std::exchange(child_, nullptr);
}

void process::watch(callback on_exit)
{
    await_errors();
    await_exit(std::move(on_exit));
}

void process::signal(int number) noexcept
{
    std::scoped_lock const lock(mutex_);
    if (child_)
        in_background([which = child_, number] { which->signal(number); });
}

void process::await_exit(callback on_exit)
{
    watcher_.async_wait(asio::posix::descriptor_base::wait_read,
                        [self = shared_from_this(), on_exit = std::move(on_exit)](boost::system::error_code error) mutable {
                            if (error || !self->child_)
                                return;
                            if (auto const status = self->reap())
                                on_exit(*status);
                            else
                                self->await_exit(std::move(on_exit));
                        });
}

std::optional<exit_status> process::reap()
{
    std::optional<exit_status> const status = child_->reap();
    if (status) {
        drain_errors();
        boost::system::error_code ignored;
        errors_.close(ignored);
        static_cast<void>(release());
    }
    return status;
}

void process::await_errors()
{
    errors_.async_wait(asio::posix::descriptor_base::wait_read, [self = shared_from_this()](boost::system::error_code error) {
        if (error || !self->child_)
            return;
        // One piece at a time, so that a chatterbox does not keep the executor busy.
        if (self->read_errors() != input::at_end)
            self->await_errors();
    });
}

void process::drain_errors()
{
    // Not to the end of file: a process that it started may hold the other end, and write, forever. 64 KiB fit in a pipe.
    for (int pieces = 0; pieces < 64 && read_errors() == input::more; ++pieces)
        continue;
}

process::input process::read_errors()
{
    std::array<char, 4096> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills it
    for (;;) {
        ::ssize_t const size = ::read(errors_.native_handle(), buffer.data(), buffer.size());
        if (size > 0) {
            tail_.append(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
            return input::more;
        }
        if (size == 0 || (errno != EINTR && errno != EAGAIN))
            return input::at_end;
        if (errno == EAGAIN)
            return input::none_yet;
    }
}

}  // namespace coqmp::detail
