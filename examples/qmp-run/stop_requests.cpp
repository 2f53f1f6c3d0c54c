#include "stop_requests.hpp"

#include <boost/system/error_code.hpp>

#include <signal.h>

#include <utility>

namespace qmp_run {

namespace {

bool is_ignored(int number) noexcept
{
    struct sigaction now = {};
    return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

/// So does a parent that blocks signals.
void unblock_requests() noexcept
{
    ::sigset_t requests;
    ::sigemptyset(&requests);
    for (int const number : {SIGTERM, SIGINT, SIGHUP})
        ::sigaddset(&requests, number);
    ::pthread_sigmask(SIG_UNBLOCK, &requests, nullptr);
}

}  // namespace

stop_requests::stop_requests(boost::asio::any_io_executor const& executor, std::function<void()> shut_down,
                             std::function<void()> hurry)
    : received_(executor, SIGTERM), shut_down_(std::move(shut_down)), hurry_(std::move(hurry))
{
    for (int const number : {SIGINT, SIGHUP})
        if (!is_ignored(number))
            received_.add(number);
    struct sigaction ignored = {};
    ignored.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignored, nullptr);
    // A parent that ignores SIGCHLD passes that on, and then the kernel does not keep QEMU's exit status for us.
    struct sigaction normal = {};
    normal.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &normal, nullptr);
    unblock_requests();
    wait();
}

void stop_requests::wait()
{
    received_.async_wait([this](boost::system::error_code error, int number) {
        if (error)
            return;  // this object has gone
        bool const is_asked_again = std::exchange(is_asked_, true);
        if (is_asked_again && number == SIGINT) {
            received_.clear();
            hurry_();
            return;
        }
        wait();
        if (!is_asked_again)
            shut_down_();
    });
}

}  // namespace qmp_run
