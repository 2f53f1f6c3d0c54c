#include "process/started_process.hpp"

#include "process/child_setup.hpp"
#include "process/step_failed.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <new>
#include <stdexcept>

// ThreadSanitizer cannot follow a child that shares its parent's memory.
#if defined(__SANITIZE_THREAD__)
#define COQMP_SHARES_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COQMP_SHARES_MEMORY 0
#endif
#endif
#ifndef COQMP_SHARES_MEMORY
#define COQMP_SHARES_MEMORY CLONE_VM
#endif

namespace coqmp::detail {

namespace {

/// The stack of the child and its report, in memory that both processes see.
class shared_stack
{
public:
    shared_stack() : memory_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
    {
        if (memory_ == MAP_FAILED)
            throw step_failed({}, errno);
        report_ = new (memory_) child_report;
    }
    shared_stack(shared_stack const&) = delete;
    shared_stack& operator=(shared_stack const&) = delete;
    ~shared_stack() { ::munmap(memory_, size); }

    /// Stacks grow down on all machines that we know; the report is at the other end.
    [[nodiscard]] void* top() const noexcept { return static_cast<std::byte*>(memory_) + size; }
    [[nodiscard]] child_report& report() const noexcept { return *report_; }

private:
    static constexpr std::size_t size = std::size_t{64} << 10;
    void* memory_;
    child_report* report_ = nullptr;
};

/// While it exists, this thread receives no signal, and neither does the child, in which a handler would use our memory.
class no_signals
{
public:
    no_signals() noexcept
    {
        ::sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    no_signals(no_signals const&) = delete;
    no_signals& operator=(no_signals const&) = delete;
    ~no_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    ::sigset_t before_{};
};

struct birth
{
    child_setup* setup;
    child_report* report;
};

COQMP_IN_CHILD int begin_child(void* argument)
{
    auto const* const born = static_cast<birth*>(argument);
    born->setup->run(*born->report);
}

/// Returns when the child has become its program, or has failed.
/// @throws std::runtime_error
std::shared_ptr<child const> spawn(child_setup& setup)
{
    shared_stack const stack;
    birth born{&setup, &stack.report()};
    int pidfd = -1;
    ::pid_t number = -1;
    {
        no_signals const guard;
        int const flags = COQMP_SHARES_MEMORY | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
        number = ::clone(begin_child, stack.top(), flags, &born, &pidfd);
    }
    if (number < 0)
        throw step_failed({}, errno);
    unique_fd owned(pidfd);
    child_report const report = stack.report();
    if (report.error != 0) {
        child(number, std::move(owned)).await_end();
        throw step_failed(setup.describe(report), report.error);
    }
    return std::make_shared<child const>(number, std::move(owned));
}

/// One output of the child.
struct child_output
{
    int number = child_setup::nothing;  ///< For the child's setup.
    // g++ 12 warns of an explicit constructor without these initializers. NOLINTBEGIN(readability-redundant-member-init)
    unique_fd written = unique_fd();  ///< Keeps that open until the child has it.
    unique_fd pipe = unique_fd();     ///< Where we read it, if we do.
    // NOLINTEND(readability-redundant-member-init)
};

child_output piped()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw step_failed({}, errno);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);  // only our end: the child expects a blocking pipe
    return {ends[1], unique_fd(ends[1]), unique_fd(ends[0])};
}

/// @param read whether we want to read what is discarded otherwise
child_output open_output(output_target const& target, bool read)
{
    switch (target.type()) {
        case output_target::kind::inherited:
            return {child_setup::ours, unique_fd(), unique_fd()};
        case output_target::kind::discarded:
            return read ? piped() : child_output{};
        case output_target::kind::lines:
            return piped();
        case output_target::kind::descriptor:
            return {target.target().number(), unique_fd(), unique_fd()};
        case output_target::kind::file:
            break;
    }
    unique_fd file = open_for_appending(target.path());
    int const number = file.number();
    return {number, std::move(file), unique_fd()};
}

}  // namespace

started_process::~started_process()
{
    if (child_)
        kill_in_background(std::move(child_));
}

started_process start_process(process_options const& options)
{
    try {
        started_process result;
        child_output output = open_output(options.standard_output, false);
        child_output errors = open_output(options.standard_error, options.error_tail > 0);
        if (errors.pipe.number() < 0 && errors.number >= 0)
            result.error_file_ = appended_text(errors.number);
        child_setup setup(options, output.number, errors.number);
        result.output_ = std::move(output.pipe);
        result.errors_ = std::move(errors.pipe);
        result.child_ = spawn(setup);
        return result;
    } catch (std::runtime_error const& error) {
        throw std::runtime_error("cannot start \"" + options.program + "\": " + error.what());
    }
}

}  // namespace coqmp::detail
