#include "machine/run_state_watch.hpp"

#include "detail/cancellation.hpp"
#include "events/subscription.hpp"

#include <coqmp/command.hpp>
#include <coqmp/error.hpp>
#include <coqmp/event.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <new>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

/// After an answer, QEMU is not asked again for this long: a guest that resets itself in a loop causes an event each time.
constexpr auto pause_after_answer = std::chrono::milliseconds(100);

/// A QEMU that does not answer in this time hangs, or migrates: its state is not known.
constexpr auto patience = std::chrono::seconds(5);

}  // namespace

void run_state_watch::start_wait(pointer const& self, handler_type handler, run_state known)
{
    auto const slot = handler.slot();
    auto waiting = std::make_shared<change_wait>(std::move(handler), known);
    on_cancellation(slot, self, waiting,
                    [](run_state_watch& state, std::shared_ptr<change_wait> const& which, asio::cancellation_type kind) {
                        if (kind != asio::cancellation_type::none)
                            state.cancel(which);
                    });
    asio::dispatch(self->executor(), [self, waiting = std::move(waiting)] { self->wait(waiting); });
}

void run_state_watch::wait(std::shared_ptr<change_wait> const& waiting)
{
    if (!waiting->handler)
        return;  // it was cancelled before it came here
    if (ended_)
        waiting->handler.post(ended_, run_state::unknown);
    else if (state() != waiting->known)
        waiting->handler.post(error_code(), state());
    else
        waits_.push_back(waiting);
}

void run_state_watch::cancel(std::shared_ptr<change_wait> const& waiting)
{
    std::erase(waits_, waiting);
    if (waiting->handler)
        waiting->handler.post(error_code(asio::error::operation_aborted), run_state::unknown);
}

// No event passes the filter: nothing is queued, and the early events stay for the first stream.
void run_state_watch::subscribe()
{
    auto note = [state = weak_from_this()](event const&) {
        if (auto const self = state.lock()) {
            self->record_.changed();
            self->look_later();
        }
        return false;
    };
    events_ = monitor_->events().expect(run_state_record::filter().matching(std::move(note)));
}

// The handler of the start comes first: the events before a session's first command are kept for its first streams.
void run_state_watch::begin()
{
    has_begun_ = true;
    look_later();
}

// The session is in the middle of something when it shows us an event.
void run_state_watch::look_later()
try {
    if (has_begun_ && !ended_)
        asio::post(executor(), [self = shared_from_this()] { self->look(); });
} catch (std::bad_alloc const&) {
    publish(run_state::unknown);  // until the next event
}

void run_state_watch::look()
try {
    if (ended_ || is_pausing_ || !record_.ask())
        return;
    auto done = [self = shared_from_this()](error_code error, reply const& answer) { self->answered(error, answer); };
    start_execute(monitor_, {asio::bind_executor(executor(), std::move(done)), executor()},
                  command("query-status").timeout(patience));
} catch (std::bad_alloc const&) {
    record_.no_answer();
    publish(run_state::unknown);
}

void run_state_watch::answered(error_code error, reply const& answer)
try {
    if (ended_)
        return;
    error ? record_.no_answer() : record_.take(answer);
    if (error == errc::timed_out)
        record_.changed();  // on a busy host, QEMU may answer the next time, and perhaps no event follows
    publish(record_.state());
    next_look_.emplace(executor(), pause_after_answer);
    next_look_->async_wait([self = shared_from_this()](error_code interrupted) {
        if (interrupted)
            return;
        self->is_pausing_ = false;
        if (self->record_.is_passing())
            self->record_.changed();
        self->look();
    });
    is_pausing_ = true;
} catch (std::bad_alloc const&) {
    record_.changed();  // at the next event
}

void run_state_watch::publish(run_state now)
{
    if (published_.exchange(now) == now)
        return;
    for (auto each = waits_.begin(); each != waits_.end();) {
        auto const here = each++;
        if ((*here)->known == now)
            continue;
        auto const changed = std::move(*here);
        waits_.erase(here);
        changed->handler.post(error_code(), now);
    }
}

void run_state_watch::end(error_code why)
{
    if (ended_)
        return;
    ended_ = why;
    published_ = run_state::unknown;
    if (events_)
        events_->close();
    if (next_look_)
        next_look_->cancel();
    for (auto const& each : std::exchange(waits_, {}))
        each->handler.post(why, run_state::unknown);
}

void run_state_watch::destroy_handlers() noexcept
{
    ended_ = asio::error::operation_aborted;
    next_look_.reset();
    auto const waits = std::exchange(waits_, {});
    for (auto const& each : waits)
        auto const dropped = std::move(each->handler);
}

}  // namespace coqmp::detail
