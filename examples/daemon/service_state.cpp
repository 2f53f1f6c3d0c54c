#include "daemon/service_state.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/errc.hpp>

#include <utility>

namespace asio = boost::asio;

namespace coqmp_daemon {

void service_state::ready()
{
    if (!std::exchange(is_ready_, true))
        note(notification_.ready());
}

void service_state::begin_reload()
{
    if (is_ready_)
        note(notification_.reloading());
}

void service_state::end_reload()
{
    if (is_ready_)
        note(notification_.ready());
}

void service_state::stopping(std::chrono::milliseconds most)
{
    note(notification_.stopping());
    if (most > std::chrono::milliseconds::zero())
        note(notification_.extend_timeout(most));
}

void service_state::show(std::string const& sentence)
{
    // If the service manager does not read, the next sentence makes up for this one.
    if (sentence != shown_ && !notification_.status(sentence))
        shown_ = sentence;
}

coqmp::descriptor_store service_state::store(std::vector<coqmp::stored_descriptor> passed)
{
    coqmp::descriptor_store result;
    result.content = std::move(passed);
    if (!notification_.has_manager())
        return result;
    auto const note_unless_busy = [this](boost::system::error_code error) {
        if (error != boost::system::errc::resource_unavailable_try_again)
            note(error);
    };
    result.keep = [this, note_unless_busy](std::string const& name, coqmp::descriptor const& which) {
        note_unless_busy(notification_.keep_descriptor(name, which));
    };
    result.drop = [this, note_unless_busy](std::string const& name) { note_unless_busy(notification_.drop_descriptor(name)); };
    return result;
}

asio::awaitable<void> service_state::keep_alive()
{
    auto const interval = notification_.watchdog_interval();
    if (!interval)
        co_return;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        (void)notification_.keep_alive();
        timer.expires_after(*interval);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

void service_state::note(boost::system::error_code error)
{
    if (error && !std::exchange(has_failed_, true))
        log_.write(log_priority::warning, "cannot notify the service manager: " + error.message());
}

}  // namespace coqmp_daemon
