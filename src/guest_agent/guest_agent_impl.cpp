#include "guest_agent/guest_agent_impl.hpp"

#include "detail/cancellation.hpp"
#include "detail/deadline_after.hpp"
#include "detail/log.hpp"
#include "detail/outcome.hpp"
#include "detail/post_reserved.hpp"
#include "detail/random_nonce.hpp"
#include "guest_agent/command_traits.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <string>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

constexpr auto never = time_source::time_point::max();

session_options for_an_agent(session_options options)
{
    options.negotiate = false;
    return options;
}

/// Whether the command succeeded although the agent did not answer.
bool has_succeeded_in_silence(command const& what, error_code error)
{
    bool const is_silence = error == errc::timed_out || error == errc::disconnected;
    return is_silent_on_success(what.name()) && is_silence && error == errc::outcome_unknown;
}

}  // namespace

guest_agent_impl::guest_agent_impl(asio::any_io_executor executor, guest_agent_options options)
    : handler_registration(std::move(executor)),
      options_(std::move(options)),
      timeouts_(options_),
      session_(this->executor(), for_an_agent(options_.session)),
      alarm_(this->executor()),
      channel_(random_nonce()),
      files_(*this),
      freeze_(*this),
      cleanup_(this->executor())
{}

// ---- From any thread -------------------------------------------------------------------------------------------------------

void guest_agent_impl::close() noexcept
{
    if (executor() && !close_requested_.exchange(true))  // otherwise it has ended with its context, or will end soon
        dispatch_reserved(executor(), close_memory_, [self = shared_from_this()] { self->end(); });
}

void guest_agent_impl::release_freeze(freeze_state::ticket holder) noexcept
{
    if (!executor())
        return;
    asio::dispatch(executor(), [self = shared_from_this(), holder] {
        self->freeze_.release(holder);
        self->proceed();
    });
}

void guest_agent_impl::release_file(std::int64_t handle) noexcept
{
    if (!executor())
        return;
    asio::dispatch(executor(), [self = shared_from_this(), handle] {
        self->files_.release(handle);
        self->proceed();
    });
}

// ---- Connecting and ending -------------------------------------------------------------------------------------------------

void guest_agent_impl::connect(std::shared_ptr<plain_handler> const& waiting, endpoint const& where)
{
    if (!*waiting)
        return;  // cancelled on its way here
    if (closed_)
        return waiting->post(make_error_code(errc::disconnected));
    if (connecting_ || connected_)
        return waiting->post(make_error_code(errc::already_started));
    connecting_ = waiting;
    connect_deadline_ = optional_deadline_after(options_.session.connect_timeout, now());
    session_.async_connect(where, [self = shared_from_this()](error_code error) {
        self->connected_ = !error;
        if (error)
            self->fail_all(error);
        self->proceed();
    });
}

void guest_agent_impl::complete_connect(error_code error)
{
    if (auto const waiting = std::exchange(connecting_, nullptr))
        if (*waiting)
            waiting->post(error);
}

void guest_agent_impl::cancel_connect(std::shared_ptr<plain_handler> const& waiting)
{
    if (*waiting)
        waiting->post(error_code(asio::error::operation_aborted));
    if (connecting_ == waiting) {
        connecting_.reset();
        end();
    }
}

void guest_agent_impl::end()
{
    if (std::exchange(closed_, true))
        return;
    complete_connect(asio::error::operation_aborted);
    queue_.close();
    if (active_) {
        active_->complete(with_outcome(errc::disconnected, outcome::unknown), reply::unanswered(true));
        if (!active_->on_end)
            abandon_active_.emit(asio::cancellation_type::terminal);
    }
    files_.close_all();
    freeze_.release();
    proceed();
}

void guest_agent_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    closed_ = true;
    alarm_.reset();
    freeze_.destroy_handlers();
    auto const connecting = std::exchange(connecting_, nullptr);
    auto const active = std::exchange(active_, nullptr);
    queue_.destroy_handlers();
    if (active)  // as the others: other owners may keep it, but nothing of the context
        active->handler.reset();
    if (connecting && *connecting)
        plain_handler const dropped(std::move(*connecting));
}

// ---- Commands --------------------------------------------------------------------------------------------------------------

void guest_agent_impl::submit(command_pointer const& what)
{
    if (what->cancelled && !what->is_cleanup)
        return what->finish(asio::error::operation_aborted, reply::unanswered(false));
    if (closed_ && !what->is_cleanup)
        return what->finish(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
    if (!what->is_cleanup)
        what->deadline = timeouts_.deadline_of(what->what, now());
    queue_.add(what);
    proceed();
}

void guest_agent_impl::cancel(command_pointer const& what, asio::cancellation_type kind)
{
    what->cancelled = true;
    bool const is_queued = queue_.contains(what);
    if (is_queued && !what->is_cleanup) {
        queue_.remove(what);
        what->finish(asio::error::operation_aborted, reply::unanswered(false));
        return proceed();
    }
    if (!asks_to_abandon(kind))
        return;
    bool const is_active = active_ == what;
    if (is_active && !what->on_end)
        return abandon_active_.emit(asio::cancellation_type::terminal);
    // What was opened or frozen must be undone, so its answer is awaited all the same. Only without a deadline it is not.
    if (is_active || is_queued || freeze_.cancel_thaw(what))
        what->complete(asio::error::operation_aborted, reply::unanswered(is_active));
    if (is_active && what->deadline == never && !what->is_cleanup)
        abandon_active_.emit(asio::cancellation_type::terminal);
}

void guest_agent_impl::submit_cleanup(command&& what, agent_command::end_function on_end, bool goes_first)
{
    queue_.add_cleanup(std::move(what), std::move(on_end), goes_first);
}

// ---- The conversation ------------------------------------------------------------------------------------------------------

void guest_agent_impl::proceed()
{
    queue_.expire(now());
    freeze_.proceed();
    bool const has_cleanup =
        !queue_.empty() || (active_ && active_->on_end) || freeze_.state().where() != freeze_state::stage::thawed;
    cleanup_.set(closed_ && has_cleanup);
    if (closed_ && !has_cleanup) {
        session_.close();
        return alarm_.cancel();
    }
    command_pointer const next = queue_.first_sendable(freeze_.state());
    bool const is_dialing = connecting_ && !connected_;
    switch (channel_.next((next || connecting_) && !is_dialing)) {
        case channel_state::step::wait:
            break;
        case channel_state::step::synchronize:
            synchronize();
            break;
        case channel_state::step::send:
            if (next)
                send(next);
            break;
    }
    arm();
}

void guest_agent_impl::synchronize()
{
    std::int64_t const number = channel_.start_synchronizing();
    command sync("guest-sync-delimited");
    sync.with("id", number).timeout(timeouts_.for_sync(connecting_ ? connect_deadline_ : never, now()));
    session_.async_execute(std::move(sync), [self = shared_from_this(), number](error_code error, reply const& answer) {
        self->synchronized(number, error, answer);
    });
}

void guest_agent_impl::synchronized(std::int64_t number, error_code error, reply const& answer)
{
    bool const is_in_step = !error && answer.has_value() && answer.value() == json::value(number);
    bool const is_silent = error == errc::timed_out;
    channel_.end(is_in_step);
    if (is_in_step)
        complete_connect({});
    else if (!is_silent)
        fail_all(error ? error : make_error_code(errc::not_guest_agent));
    else if (!connecting_ || connect_deadline_ <= now())
        fail_all(make_error_code(errc::agent_not_responding));
    proceed();
}

void guest_agent_impl::send(command_pointer const& what)
{
    queue_.remove(what);
    active_ = what;
    channel_.start_command();
    command request = what->what;
    request.timeout(timeouts_.for_answer(*what, now()));
    session_.async_execute(
        std::move(request),
        asio::bind_cancellation_slot(abandon_active_.slot(), [self = shared_from_this()](error_code error, reply answer) {
            self->answered(error, std::move(answer));
        }));
}

void guest_agent_impl::answered(error_code error, reply&& answer)
{
    command_pointer const ended = std::exchange(active_, nullptr);
    bool const is_outstanding = error && answer.was_sent();
    channel_.end(!is_outstanding);
    if (has_succeeded_in_silence(ended->what, error))
        ended->finish({}, reply());
    else
        ended->finish(error, std::move(answer));
    proceed();
}

void guest_agent_impl::fail_all(error_code reason)
{
    complete_connect(reason);
    queue_.fail_all(reason);
}

void guest_agent_impl::arm()
{
    alarm_.set(std::min(freeze_.state().next_moment(), queue_.next_deadline()), [self = shared_from_this()] {
        if (self->alarm_.is_due())
            self->proceed();
    });
}

void guest_agent_impl::log_error(std::string const& sentence) const
{
    log(options_.session, log_level::error, sentence);
}

}  // namespace coqmp::detail
