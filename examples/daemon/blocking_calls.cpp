#include "daemon/blocking_calls.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace asio = boost::asio;

namespace coqmp_daemon {

/// The way back to the event loop, until that has gone.
struct blocking_calls::link
{
    explicit link(asio::any_io_executor to) : executor(std::move(to)) {}

    void post(std::function<void()> handler)
    {
        std::scoped_lock const lock(mutex);
        if (executor)
            asio::post(executor, std::move(handler));
    }

    std::mutex mutex;
    asio::any_io_executor executor;
};

blocking_calls::blocking_calls(asio::any_io_executor executor) : link_(std::make_shared<link>(std::move(executor))) {}

blocking_calls::~blocking_calls()
{
    std::scoped_lock const lock(link_->mutex);
    link_->executor = asio::any_io_executor();
}

asio::awaitable<void> blocking_calls::complete(std::function<void()> function)
{
    struct call
    {
        explicit call(asio::any_io_executor const& executor) : done(executor, asio::steady_timer::time_point::max()) {}

        asio::steady_timer done;
        bool is_over = false;
    };
    auto const waiting = std::make_shared<call>(link_->executor);
    auto work = [back = link_, weak = std::weak_ptr(waiting), function = std::move(function)]() mutable {
        function();
        // What it has thrown ends where it is caught: ThreadSanitizer does not see how libstdc++ counts an exception's owners.
        function = nullptr;
        back->post([weak] {
            if (auto const still = weak.lock()) {
                still->is_over = true;
                still->done.cancel();
            }
        });
    };
    std::thread(std::move(work)).detach();
    boost::system::error_code ignored;
    while (!waiting->is_over)
        co_await waiting->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

bool call_within(std::chrono::milliseconds most, std::function<void()> function)
{
    struct call
    {
        std::mutex mutex;
        std::condition_variable returned;
        bool is_over = false;
    };
    auto const waiting = std::make_shared<call>();
    std::thread([waiting, function = std::move(function)]() mutable {
        function();
        function = nullptr;
        std::scoped_lock const lock(waiting->mutex);
        waiting->is_over = true;
        waiting->returned.notify_one();
    }).detach();
    std::unique_lock lock(waiting->mutex);
    return waiting->returned.wait_for(lock, most, [&] { return waiting->is_over; });
}

}  // namespace coqmp_daemon
