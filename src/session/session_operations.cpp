#include "session/session_operations.hpp"

#include "detail/cancellation.hpp"
#include "detail/outcome.hpp"
#include "detail/running_on.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>

#include <memory>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

/// Runs `step(state)` on the executor: at once if this thread is running on it. (asio::dispatch() would do the same, after 200
/// instructions.)
template <class Step>
void run_on_executor(session_impl::pointer const& self, Step step)
{
    if (is_running_on(self->executor()))
        step(*self);
    else
        asio::dispatch(self->executor(), [self, step = std::move(step)]() mutable { step(*self); });
}

/// A command on its way to its session. The handler of a coroutine owns the command, and the command owns the handler. If the
/// execution context ends before the command has arrived, only this object breaks that cycle.
class arriving_command
{
public:
    explicit arriving_command(std::shared_ptr<pending_command>&& command) noexcept : command_(std::move(command)) {}
    arriving_command(arriving_command&&) noexcept = default;
    arriving_command& operator=(arriving_command&&) = delete;
    ~arriving_command()
    {
        if (command_)
            command_->handler.reset();
    }

    [[nodiscard]] std::shared_ptr<pending_command> take() noexcept { return std::move(command_); }

private:
    std::shared_ptr<pending_command> command_;
};

}  // namespace

void start_connect(session_impl::pointer const& impl, session_impl::plain_handler&& handler, endpoint&& address)
{
    start_connect(impl, std::move(handler), connect_target(std::move(address)));
}

void start_connect(session_impl::pointer const& impl, session_impl::plain_handler&& handler, connect_target&& target)
{
    if (!impl)
        return handler.post(make_error_code(errc::disconnected));
    auto const slot = handler.slot();
    auto waiting = std::make_shared<session_impl::plain_handler>(std::move(handler));
    on_cancellation(slot, impl, waiting, [](session_impl& session, auto const& cancelled, asio::cancellation_type kind) {
        if (asks_to_abandon(kind))
            session.connector().cancel(cancelled);
    });
    run_on_executor(impl, [waiting = std::move(waiting), target = std::move(target)](session_impl& session) mutable {
        session.connector().start(waiting, std::move(target));
    });
}

void start_execute(session_impl::pointer const& impl, session_impl::reply_handler&& handler, command&& request)
{
    if (!impl)
        return handler.post(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
    start_pending(impl, std::move(handler), make_pending(std::move(request)));
}

void start_pending(session_impl::pointer const& impl, session_impl::reply_handler&& handler,
                   std::shared_ptr<pending_command>&& pending)
{
    auto const slot = handler.slot();
    pending->handler.emplace(std::move(handler));
    on_cancellation(slot, impl, pending, [](session_impl& session, auto const& cancelled, asio::cancellation_type kind) {
        session.cancel(*cancelled, kind);
    });
    run_on_executor(impl, [arriving = arriving_command(std::move(pending))](session_impl& session) mutable {
        session.execute(arriving.take());
    });
}

void start_close(session_impl::pointer const& impl, session_impl::plain_handler&& handler)
{
    if (!impl)
        return handler.post(error_code());
    auto waiting = std::make_shared<session_impl::plain_handler>(std::move(handler));
    run_on_executor(impl, [waiting = std::move(waiting)](session_impl& session) { session.close(waiting); });
}

void start_wait_closed(session_impl::pointer const& impl, session_impl::end_handler&& handler)
{
    if (!impl)
        return handler.post(error_code(), session_end(make_error_code(errc::disconnected)));
    auto const slot = handler.slot();
    auto waiting = std::make_shared<session_impl::end_handler>(std::move(handler));
    on_cancellation(slot, impl, waiting, [](session_impl&, auto const& cancelled, asio::cancellation_type) {
        if (*cancelled)
            cancelled->post(error_code(asio::error::operation_aborted), session_end());
    });
    run_on_executor(impl, [waiting = std::move(waiting)](session_impl& session) { session.wait_closed(waiting); });
}

}  // namespace coqmp::detail
