#include "machine/machine_impl.hpp"

#include "detail/cancellation.hpp"
#include "detail/explained_error.hpp"
#include "detail/post_reserved.hpp"
#include "events/subscription.hpp"
#include "machine/machine_start.hpp"
#include "machine/shutdown_ladder.hpp"
#include "session/session_impl.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <signal.h>

#include <new>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

constexpr auto grace = std::chrono::seconds(3);

session_options without_deadline(session_options options)
{
    options.connect_timeout = std::chrono::nanoseconds::zero();  // the start has one
    return options;
}

}  // namespace

machine_impl::machine_impl(asio::any_io_executor executor, machine_spec spec)
    : handler_registration(std::move(executor)),
      spec_(std::move(spec)),
      session_(this->executor(), without_deadline(spec_.session)),
      monitor_(impl_of(session_)),
      process_(spec_.outlives_us, spec_.release_when_destroyed),
      states_(std::make_shared<run_state_watch>(monitor_))
{}

machine_impl::~machine_impl() = default;

// ---- From any thread -------------------------------------------------------------------------------------------------------

void machine_impl::start(pointer const& self, start_pointer const& start, asio::cancellation_slot const& slot)
{
    on_cancellation(slot, self, start, [](machine_impl&, start_pointer const& which, asio::cancellation_type kind) {
        if (asks_to_abandon(kind))
            which->cancel();
    });
    asio::dispatch(self->executor(), [self, start] { self->begin(start); });
}

void machine_impl::start_wait(pointer const& self, exit_wait::handler_type handler, std::optional<shutdown_options> shutdown)
{
    auto const slot = handler.slot();
    auto waiting = std::make_shared<exit_wait>(std::move(handler));
    on_cancellation(slot, self, waiting, [](machine_impl& state, wait_pointer const& which, asio::cancellation_type kind) {
        if (kind != asio::cancellation_type::none)
            state.cancel_wait(which);
    });
    asio::dispatch(self->executor(), [self, waiting = std::move(waiting), shutdown] { self->wait(waiting, shutdown); });
}

void machine_impl::close() noexcept
{
    if (!executor())
        return;  // the machine has ended with its context
    process_.release_at_last();
    // In this order: the process must not be seen to end before it is known that the handle has gone.
    dispatch_reserved(executor(), close_memory_, [self = shared_from_this()] { self->end(); });
    process_.signal(SIGKILL);
}

machine_record machine_impl::release()
{
    machine_record result = process_.release();
    try {
        asio::post(executor(), [self = shared_from_this()] { self->end(); });
    } catch (std::bad_alloc const&) {
        process_.take_back();
        throw;
    }
    process_.drop();  // another program, or this one, may adopt it at once
    return result;
}

void machine_impl::leave_alone()
{
    if (!process_.leave_alone())
        throw explained_error(make_error_code(errc::cannot_release), "the machine has just ended");
    try {
        asio::post(executor(), [self = shared_from_this()] { self->end(); });
    } catch (std::bad_alloc const&) {
        process_.take_back();
        throw;
    }
    process_.drop();
}

// ---- Starting --------------------------------------------------------------------------------------------------------------

void machine_impl::begin(start_pointer const& start)
{
    if (closed_ || start->is_cancelled())
        return start->fail(asio::error::operation_aborted, "the start of the machine was cancelled");
    if (std::exchange(started_, true))
        return start->fail(errc::already_started, "the machine was started before; make a new one");
    starting_ = start;
    process_.being_started();
    start->begin();
}

void machine_impl::take(std::shared_ptr<detail::process> started, process_identity identity)
{
    process_.started(started, std::move(identity));
    try {
        started->watch([self = shared_from_this()](exit_status status) { self->exited(status); });
    } catch (std::bad_alloc const&) {
        auto const unwatched = process_.leave();
        throw;
    }
}

// No event passes the filter, whose predicate sees each of them as soon as it comes: so nothing is queued, nothing can be lost,
// and the early events stay for the first stream.
void machine_impl::watch_events()
{
    auto record = [state = weak_from_this()](event const& what) {
        if (auto const self = state.lock())
            self->process_.take(what);
        return false;
    };
    events_ = monitor_->events().expect(end_record::filter().matching(std::move(record)));
    states_->subscribe();
}

void machine_impl::start_is_over(machine_start& start, bool is_ready)
{
    if (starting_.get() != &start)
        return;
    starting_.reset();
    if (is_ready) {
        process_.ready(start.dialed_path());
        states_->begin();
    }
    if (process_.exists())
        return;
    process_.not_started();
    end_waits(make_error_code(errc::not_running));
}

void machine_impl::let_process_live() noexcept
{
    auto const released = process_.leave();
    if (!released)
        return;
    released->let_live(true);
    released->end();
}

// ---- Ending ----------------------------------------------------------------------------------------------------------------

void machine_impl::wait(wait_pointer const& wait, std::optional<shutdown_options> const& shutdown)
{
    if (closed_ || wait->cancelled || process_.is_released())
        return wait->complete(asio::error::operation_aborted);
    if (status_)
        return wait->complete({}, *status_);
    if (!process_.exists() && !starting_)
        return wait->complete(make_error_code(errc::not_running));
    waits_.add(wait);
    wait->shuts_down = shutdown.has_value();
    if (shutdown)
        shut_down(*shutdown);
}

void machine_impl::shut_down(shutdown_options const& options)
{
    process_.requested();
    if (ladder_)
        return ladder_->hurry(options);
    auto const send = [state = weak_from_this()](int number) {
        if (auto const self = state.lock())
            self->process_.signal(number);
    };
    ladder_ = std::make_shared<shutdown_ladder>(executor(), monitor_, send, options);
    ladder_->start();
}

void machine_impl::cancel_wait(wait_pointer const& wait)
{
    wait->cancelled = true;
    if (!waits_.remove(wait))
        return;
    if (!waits_.want_the_end())
        stop_ladder();
    wait->complete(asio::error::operation_aborted);
}

void machine_impl::stop_ladder() noexcept
{
    if (auto const ladder = std::exchange(ladder_, nullptr))
        ladder->stop();
}

// The last events may still be in the socket, and say why it ended. They come at once, and the end of the connection after them,
// unless another process has inherited QEMU's end of it.
void machine_impl::exited(exit_status status)
try {
    process_.exited();
    if (starting_ && !starting_->awaits_last_events())
        return conclude(status);
    last_events_.emplace(executor(), grace);
    last_events_->async_wait([self = shared_from_this(), status](error_code) {
        if (!self->closed_)
            self->conclude(status);
    });
    auto closed = [weak = weak_from_this()](error_code, session_end) {
        if (auto const self = weak.lock(); self && self->last_events_)
            self->last_events_->cancel();
    };
    start_wait_closed(monitor_, {std::move(closed), executor()});
} catch (std::bad_alloc const&) {
    conclude(status);
}

void machine_impl::conclude(exit_status status)
{
    status_ = status;
    if (events_)
        events_->close();
    process_.conclude(status, ladder_ ? ladder_->step() : shutdown_step::none);
    if (auto const start = starting_)
        start->process_ended();
    end_waits({});
}

/// @param error none: the process has ended
void machine_impl::end_waits(error_code error)
{
    stop_ladder();
    states_->end(error ? error : make_error_code(errc::not_running));
    waits_.complete_all(error, status_.value_or(exit_status()));
}

void machine_impl::end()
{
    if (std::exchange(closed_, true))
        return;
    end_waits(asio::error::operation_aborted);
    if (auto const start = starting_)
        start->give_up(asio::error::operation_aborted);
    monitor_->close();
    process_.signal(SIGKILL);
    if (auto const process = process_.get(); process && process->lives_on())
        let_process_live();
}

// The context's objects end with it, and so does the machine. The handle may outlive both.
void machine_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    closed_ = true;
    process_.release_at_last();
    if (auto const left = process_.leave())
        left->end();
    last_events_.reset();
    stop_ladder();
    auto const start = std::exchange(starting_, nullptr);
    states_->destroy_handlers();
    waits_.destroy_handlers();
    if (start)
        start->abandon();
}

}  // namespace coqmp::detail
