#include "audit/audit_log.hpp"

#include "audit/audit_file.hpp"
#include "audit/audit_line.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace qmp_proxy {

namespace {

constexpr auto patience_at_the_end = std::chrono::seconds(1);

std::uint64_t count_lines(std::string const& text)
{
    return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

}  // namespace

/// Shared with the thread, which may hang in a system call when the log is destroyed.
struct audit_log::state
{
    state(std::string path, report hook) : file(std::move(path)), reported(std::move(hook)) {}

    void run()
    {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return !before_reopening.empty() || !waiting.empty() || wants_reopening || is_ending; });
            if (!before_reopening.empty() || !waiting.empty() || wants_reopening) {
                work(lock);
                continue;
            }
            has_ended = true;
            changed.notify_all();
            return;
        }
    }

    /// Takes the lines that wait, and writes them without the lock.
    void work(std::unique_lock<std::mutex>& lock)
    {
        std::string const before = std::exchange(before_reopening, {});
        std::string const after = std::exchange(waiting, {});
        bool const reopens = std::exchange(wants_reopening, false);
        lock.unlock();
        put(before);
        if (reopens)
            note(file.reopen());
        put(after);
        lock.lock();
    }

    void put(std::string const& lines)
    {
        if (lines.empty())
            return;
        std::uint64_t const gap = lost.load() - told;
        std::string const preface = gap == 0 ? std::string() : lost_lines(gap, std::chrono::system_clock::now());
        auto const error = file.write(preface + lines);
        if (error)
            lost += count_lines(lines);
        else
            told += gap;
        note(error);
    }

    /// Reports a failure once, and its end.
    void note(boost::system::error_code error)
    {
        if (error.failed() == is_failing)
            return;
        is_failing = error.failed();
        reported(error, lost.load());
    }

    audit_file file;
    report const reported;
    std::mutex mutex;
    std::condition_variable changed;
    std::string before_reopening;  ///< The lines for the file that is open.
    std::string waiting;           ///< The lines for the file that is opened next, if it is to be reopened.
    bool wants_reopening = false;
    bool is_ending = false;
    bool has_ended = false;
    std::atomic<std::uint64_t> lost = 0;
    std::uint64_t told = 0;   ///< The thread's: how many of the lost lines the file reports.
    bool is_failing = false;  ///< The thread's.
};

audit_log::audit_log(std::string const& path, report reported) : state_(std::make_shared<state>(path, std::move(reported)))
{
    if (auto const error = state_->file.reopen())
        throw boost::system::system_error(error, "cannot write the audit log " + path);
    std::thread([state = state_] { state->run(); }).detach();
}

audit_log::~audit_log()
{
    std::unique_lock lock(state_->mutex);
    state_->is_ending = true;
    state_->changed.notify_all();
    state_->changed.wait_for(lock, patience_at_the_end, [this] { return state_->has_ended; });
}

void audit_log::write(std::string line)
{
    std::lock_guard const lock(state_->mutex);
    if (state_->before_reopening.size() + state_->waiting.size() + line.size() > most_bytes) {
        ++state_->lost;
        return;
    }
    bool const sleeps = state_->waiting.empty();
    state_->waiting += line;
    if (sleeps)
        state_->changed.notify_all();
}

void audit_log::reopen()
{
    std::lock_guard const lock(state_->mutex);
    // Lines that wait for an earlier reopening may go to the older file.
    state_->before_reopening += std::exchange(state_->waiting, {});
    state_->wants_reopening = true;
    state_->changed.notify_all();
}

std::uint64_t audit_log::lost() const
{
    return state_->lost.load();
}

}  // namespace qmp_proxy
