#include "process/launch.hpp"

#include "process/helper_thread.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

namespace {

/// Gives the process one end of a socketpair. @return the other one
unique_fd add_monitor(process_options& options)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot make a socketpair");
    unique_fd ours(ends[0]);
    options.inherited_fds.insert(options.inherited_fds.begin(), descriptor(ends[1]));
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return ours;
}

}  // namespace

launch::launch(asio::any_io_executor executor, completion done) : executor_(std::move(executor)), done_(std::move(done)) {}

void launch::start(process_options options, bool monitor)
{
    try {
        helper_thread::for_starting().run(
            [self = shared_from_this(), options = std::move(options), monitor]() mutable { self->run(options, monitor); });
    } catch (std::exception const& error) {
        outcome_->failure = std::string("cannot start a thread: ") + error.what();
        expected_->forget();
        deliver();
    }
}

bool launch::drop() noexcept
{
    return take_back(stage::queued);
}

bool launch::abandon() noexcept
{
    return take_back(stage::running);
}

bool launch::is_over() const noexcept
{
    std::scoped_lock const lock(mutex_);
    return stage_ == stage::over;
}

bool launch::take_back(stage last) noexcept
{
    asio::any_io_executor executor;
    completion done;
    std::scoped_lock const lock(mutex_);
    if (stage_ > last)
        return false;
    stage_ = stage::over;
    executor_.swap(executor);
    done_.swap(done);
    expected_->forget();
    return true;
}

void launch::run(process_options& options, bool monitor) noexcept
try {
    {
        std::scoped_lock const lock(mutex_);
        if (stage_ == stage::over)
            return;
        stage_ = stage::running;
    }
    try {
        if (auto const complete = std::exchange(options.complete, nullptr)) {
            complete(options);
            if (is_over())
                return;
        }
        expected_->starting();
        if (monitor)
            outcome_->monitor = add_monitor(options);
        started_process started = start_process(options);
        outcome_->process.swap(started);
    } catch (std::exception const& error) {
        outcome_->failure = error.what();
    }
    options = process_options();  // the end of the monitor is seen only if its descriptor is closed here
    deliver();
} catch (std::exception const&) {
    // No memory to deliver the outcome: the machine's deadline ends the start, and the process is killed then.
}

void launch::deliver()
{
    // The context is not destroyed in between, because abandon() waits for this lock. No copy of its executor is left
    // afterwards.
    std::scoped_lock const lock(mutex_);
    if (stage_ == stage::over)
        return;
    asio::post(executor_, [done = std::move(done_), what = outcome_] { done(*what); });
    stage_ = stage::over;
    executor_ = nullptr;
}

}  // namespace coqmp::detail
