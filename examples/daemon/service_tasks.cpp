#include "daemon/service_tasks.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <utility>

namespace asio = boost::asio;

namespace coqmp_daemon {

service_tasks::service_tasks(asio::any_io_executor const& executor)
    : executor_(executor), finished_(executor, asio::steady_timer::time_point::max())
{}

void service_tasks::spawn(asio::awaitable<void> task)
{
    asio::co_spawn(executor_, std::move(task), [this](std::exception_ptr const& failure) {
        if (!failure)
            return;
        if (!failure_)
            failure_ = failure;
        finish(exit_code::failure);
    });
}

void service_tasks::finish(exit_code status)
{
    if (status_)
        return;
    status_ = status;
    finished_.cancel();
}

asio::awaitable<exit_code> service_tasks::wait()
{
    boost::system::error_code ignored;
    while (!status_)
        co_await finished_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return *status_;
}

}  // namespace coqmp_daemon
