#include "process/helper_thread.hpp"

#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace coqmp::detail {

/// The helper threads of one process.
struct helper_threads
{
    helper_thread starting;
    helper_thread ending;
    helper_thread files;
    ::pid_t const process = ::getpid();
    helper_threads const* forked_from = nullptr;

    [[nodiscard]] static helper_threads& ours();
    void finish() noexcept;
};

namespace {

/// How long the program's exit waits for a start that hangs in the kernel.
constexpr auto patience_at_exit = std::chrono::seconds(10);

std::atomic<helper_threads*> current = nullptr;

/// Ensures that a machine that is destroyed right before the program ends is still killed, with all processes that it has
/// started.
struct finish_at_exit
{
    ~finish_at_exit()
    {
        helper_threads* const threads = current.load();
        if (threads != nullptr && threads->process == ::getpid())
            threads->finish();
    }
};

}  // namespace

helper_threads& helper_threads::ours()
{
    helper_threads* found = current.load();
    if (found != nullptr && found->process == ::getpid())
        return *found;
    static finish_at_exit const at_exit;
    auto made = std::make_unique<helper_threads>();
    made->forked_from = found;
    // Never destroyed: the threads use it until the process ends.
    return current.compare_exchange_strong(found, made.get()) ? *made.release() : *found;
}

void helper_threads::finish() noexcept
{
    // A process that is started too late to be watched is killed, so the thread that kills finishes last.
    starting.finish(helper_thread::rest::is_dropped);
    ending.finish(helper_thread::rest::is_done);
    files.finish(helper_thread::rest::is_done);
}

helper_thread& helper_thread::for_starting()
{
    return helper_threads::ours().starting;
}

helper_thread& helper_thread::for_ending()
{
    return helper_threads::ours().ending;
}

helper_thread& helper_thread::for_files()
{
    return helper_threads::ours().files;
}

void helper_thread::run(work task)
{
    {
        std::scoped_lock const lock(mutex_);
        if (!exiting_) {
            begin();
            queue_.push_back(std::move(task));
            changed_.notify_all();
            return;
        }
    }
    task();
}

void helper_thread::catch_up()
{
    std::promise<void> done;
    run([&done] { done.set_value(); });
    done.get_future().wait();
}

void helper_thread::begin()
{
    if (begun_)
        return;
    // The program's signal handlers run on its own threads.
    ::sigset_t all;
    ::sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        std::thread([this] { serve(); }).detach();
    } catch (...) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    begun_ = true;
}

void helper_thread::serve() noexcept
{
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return !queue_.empty(); });
        work next = std::move(queue_.front());
        queue_.pop_front();
        busy_ = true;
        lock.unlock();
        next();
        next = nullptr;
        lock.lock();
        busy_ = false;
        changed_.notify_all();
    }
}

void helper_thread::await_rest() noexcept
{
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience_at_exit, [this] { return queue_.empty() && !busy_ && elsewhere_ == 0; });
}

void helper_thread::goes_on_elsewhere() noexcept
{
    std::scoped_lock const lock(mutex_);
    ++elsewhere_;
}

void helper_thread::is_done_elsewhere() noexcept
{
    std::scoped_lock const lock(mutex_);
    --elsewhere_;
    changed_.notify_all();
}

void helper_thread::finish(rest queued) noexcept
{
    std::deque<work> dropped;
    std::unique_lock lock(mutex_);
    exiting_ = true;
    if (queued == rest::is_dropped)
        dropped.swap(queue_);
    changed_.wait_for(lock, patience_at_exit, [this] { return queue_.empty() && !busy_; });
}

}  // namespace coqmp::detail
