#include "daemon/signals.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <signal.h>

#include <utility>

namespace coqmp_daemon {

namespace asio = boost::asio;

struct signals::state : std::enable_shared_from_this<signals::state>
{
    explicit state(asio::any_io_executor const& executor)
        : received(executor, SIGHUP, SIGTERM, SIGINT), wake(executor, asio::steady_timer::time_point::max())
    {}

    void arm()
    {
        received.async_wait([self = shared_from_this()](boost::system::error_code error, int number) {
            if (!error)
                self->take(number);
        });
    }

    void take(int number)
    {
        if (number == SIGHUP) {
            wants_reload = true;
        } else {
            wants_end = true;
            received.remove(SIGTERM);  // their defaults, from now on
            received.remove(SIGINT);
        }
        wake.cancel();
        arm();
    }

    asio::signal_set received;
    asio::steady_timer wake;
    bool wants_reload = false;
    bool wants_end = false;
    bool is_closed = false;
};

signals::signals(asio::any_io_executor const& executor) : state_(std::make_shared<state>(executor))
{
    struct sigaction ignored = {};
    ignored.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignored, nullptr);
    state_->arm();
}

signals::~signals()
{
    boost::system::error_code none;
    state_->is_closed = true;
    state_->received.cancel(none);
    state_->received.clear(none);
    state_->wake.cancel();
}

asio::awaitable<signal_request> signals::next()
{
    std::shared_ptr<state> const self = state_;  // this object may be destroyed meanwhile
    for (;;) {
        if (self->is_closed)
            throw boost::system::system_error(asio::error::operation_aborted);
        if (self->wants_end)
            co_return signal_request::end;
        if (std::exchange(self->wants_reload, false))
            co_return signal_request::reload;
        boost::system::error_code ignored;  // if the wait was cancelled, the next co_await throws
        co_await self->wake.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

}  // namespace coqmp_daemon
