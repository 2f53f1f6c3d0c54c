#include "supervisor/bounded_log.hpp"

#include "detail/awaited_result.hpp"
#include "detail/unique_fd.hpp"
#include "process/helper_thread.hpp"

#include <boost/system/error_code.hpp>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <new>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

namespace {

using namespace std::chrono_literals;

constexpr auto pause_between_checks = 10s;
constexpr auto pause_after_a_large_log = 1s;

/// Besides twice the size: file systems allocate blocks in advance.
constexpr std::uint64_t tolerated_allocation = 1 << 20;

/// Copies the last part of a file. What cannot be copied is lost.
void keep_end(int log, std::uint64_t size, std::uint64_t limit, std::string const& target)
{
    constexpr ::mode_t owner_only = 0600;
    ::unlink(target.c_str());
    unique_fd const kept(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, owner_only));
    std::uint64_t left = std::min(size, limit);
    auto from = static_cast<::off_t>(size - left);
    while (left > 0) {
        ::ssize_t const copied = ::sendfile(kept.number(), log, &from, static_cast<std::size_t>(left));
        if (copied <= 0)
            return;
        left -= static_cast<std::uint64_t>(copied);
    }
}

}  // namespace

bool shorten_log(std::string const& path, std::uint64_t limit) noexcept
{
    unique_fd const log(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct ::stat found = {};
    if (log.number() < 0 || ::fstat(log.number(), &found) != 0 || !S_ISREG(found.st_mode))
        return false;
    auto const size = static_cast<std::uint64_t>(found.st_size);
    auto const allocated = static_cast<std::uint64_t>(found.st_blocks) * 512;  // also beyond the end of the file
    if (size <= limit && allocated <= 2 * std::max(limit, size) + tolerated_allocation)
        return false;
    try {
        keep_end(log.number(), size, limit, path + ".1");
    } catch (std::bad_alloc const&) {
        // A full disk is worse than a lost line.
    }
    return ::ftruncate(log.number(), 0) == 0;
}

bounded_log::bounded_log(asio::any_io_executor const& executor, std::shared_ptr<revocable_executor> home, std::string path,
                         std::uint64_t limit, std::shared_ptr<void const> lock)
    : home_(std::move(home)),
      path_(std::move(path)),
      limit_(limit),
      lock_(std::move(lock)),
      clock_(time_source_of(executor)),
      timer_(executor)
{}

bounded_log::~bounded_log()
{
    leave();
}

void bounded_log::watch()
{
    is_watched_ = limit_ != 0;
    check();
}

void bounded_log::finish() noexcept
{
    leave();
    check();
}

void bounded_log::leave() noexcept
{
    is_watched_ = false;
    clock_.forget(timer_);
    timer_.cancel();
}

void bounded_log::check() noexcept
try {
    if (limit_ == 0 || is_being_checked_)
        return;
    auto receive = [weak = weak_from_this()](bool was_too_large) {
        if (auto const self = weak.lock())
            self->checked(was_too_large);
    };
    auto const answer = std::make_shared<awaited_result<bool>>(home_, std::move(receive));
    auto work = [path = path_, limit = limit_, lock = lock_, answer]() mutable {
        bool const was_too_large = shorten_log(path, limit);
        lock.reset();
        answer->deliver(was_too_large);
    };
    helper_thread::for_files().run(std::move(work));
    is_being_checked_ = true;
} catch (std::exception const&) {  // no thread, or no memory
    if (is_watched_)
        arm(pause_between_checks);
}

void bounded_log::checked(bool was_too_large)
{
    is_being_checked_ = false;
    if (is_watched_)
        arm(was_too_large ? pause_after_a_large_log : pause_between_checks);
}

void bounded_log::arm(time_source::time_point::duration pause) noexcept
try {
    auto const next = clock_.now() + pause;
    clock_.expire_at(timer_, next);
    timer_.async_wait([weak = weak_from_this(), next](boost::system::error_code) {
        auto const self = weak.lock();
        if (self && self->is_watched_ && self->clock_.now() >= next)
            self->check();
    });
} catch (std::bad_alloc const&) {
    // It is checked again when QEMU ends.
}

}  // namespace coqmp::detail
