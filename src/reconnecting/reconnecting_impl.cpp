#include "reconnecting/reconnecting_impl.hpp"

#include "detail/deadline_after.hpp"
#include "detail/log.hpp"
#include "detail/post_reserved.hpp"
#include "detail/random_nonce.hpp"
#include "session/session_impl.hpp"

#include <boost/asio/bind_allocator.hpp>

#include <algorithm>
#include <chrono>
#include <new>
#include <string>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

namespace {

session_options options_of_each(session_options options)
{
    options.early_events = 0;  // the lasting streams have been there before
    return options;
}

reconnect_options prepared(reconnect_options options)
{
    options.session = options_of_each(std::move(options.session));
    return options;
}

}  // namespace

reconnecting_impl::reconnecting_impl(asio::any_io_executor executor, connection_source source, reconnect_options options)
    : handler_registration(std::move(executor)),
      options_(prepared(std::move(options))),
      streams_(std::make_shared<lasting_streams>(this->executor(), options_.session)),
      attempts_(*this, std::move(source)),
      plan_(options_),
      commands_(*this, options_),
      turns_(*this),
      clock_(&time_source_of(this->executor())),
      timer_(std::in_place, this->executor())
{}

reconnecting_impl::~reconnecting_impl()
{
    if (timer_)
        clock_->forget(*timer_);
}

void reconnecting_impl::close() noexcept
{
    if (!executor() || close_requested_.exchange(true))
        return;  // it has ended with its context, or will end soon
    dispatch_reserved(executor(), close_memory_, [self = shared_from_this()] { self->finish({}); });
}

// ---- Operations ------------------------------------------------------------------------------------------------------------

void reconnecting_impl::begin()
{
    if (status_.here().state != connection_state::idle)
        return;
    status_.start();
    attempts_.start();
}

void reconnecting_impl::execute(relayed_list& one)
{
    auto const command = one.front();
    commands_.start(one, clock_->now());
    try {
        on_commands_changed();
    } catch (std::bad_alloc const&) {  // of a strand
        // The caller gets the exception, and the command must not complete as well.
        if (commands_.withdraw(*command))
            throw;
    }
}

void reconnecting_impl::cancel(relayed_command& command, asio::cancellation_type kind)
{
    commands_.cancel(command, kind);
    on_commands_changed();
}

void reconnecting_impl::wait_change(std::shared_ptr<change_wait> const& waiting)
{
    if (!waiting->handler)
        return;  // cancelled on its way here
    waits_.wait_change(waiting);
    turns_.schedule();
}

void reconnecting_impl::wait_connected(std::shared_ptr<plain_handler> const& waiting)
{
    if (!*waiting)
        return;  // cancelled on its way here
    waits_.wait_connected(waiting);
    begin();
    turns_.schedule();
}

void reconnecting_impl::close(std::shared_ptr<plain_handler> const& waiting)
{
    waits_.wait_closed(waiting);
    finish({});
    turns_.schedule();
}

void reconnecting_impl::on_commands_changed()
{
    arm();
    turns_.schedule();
}

// ---- Connections -----------------------------------------------------------------------------------------------------------

void reconnecting_impl::connect(connect_target target)
{
    session_ = std::make_shared<session_impl>(executor(), options_.session);
    session_->events().relay_to(streams_);
    session_impl& which = *session_;
    auto over = [self = shared_from_this(), &which](error_code, session_end how) { self->ended(which, how.reason); };
    which.wait_closed(std::make_shared<session_impl::end_handler>(std::move(over), executor()));
    auto done = [self = shared_from_this(), &which](error_code error) { self->connected(which, error); };
    which.connector().start(std::make_shared<session_impl::plain_handler>(std::move(done), executor()), std::move(target));
}

void reconnecting_impl::connected(session_impl const& which, error_code error)
{
    if (session_.get() != &which || error)
        return;  // ended() says so
    plan_.connected(clock_->now());
    streams_->begin_connection();
    std::shared_ptr<greeting const> greeting;
    try {
        greeting = std::make_shared<coqmp::greeting const>(which.negotiated()->greeting());
    } catch (std::bad_alloc const&) {
        greeting = nullptr;  // a connection is worth more
    }
    status_.connected(std::move(greeting));
    commands_.connect(session_, clock_->now());
    turns_.schedule();
}

void reconnecting_impl::ended(session_impl const& which, error_code why)
{
    if (session_.get() != &which)
        return;
    commands_.disconnect();
    auto const last = std::exchange(session_, nullptr);
    streams_->end_connection(why);
    if (attempts_.is_last())
        finish(why);
    else
        pause(why);
}

void reconnecting_impl::pause(error_code why)
{
    session_.reset();  // after a lack of memory to connect it
    auto const now = clock_->now();
    auto const length = plan_.ended(now, random_nonce());
    if (!length)
        return finish(why);
    next_attempt_ = deadline_after(*length, now);
    status_.pause(why, *length);
    log_pause();
    on_commands_changed();
}

// Allocates nothing, unless the executor is a strand's.
void reconnecting_impl::finish(error_code why)
{
    if (status_.is_closed())
        return;
    close_requested_ = true;
    next_attempt_ = time_point::max();
    if (timer_)
        timer_->cancel();
    attempts_.cancel();
    status_.close(why);
    commands_.close();
    if (auto const last = std::exchange(session_, nullptr))
        last->close();
    streams_->hub().end();
    turns_.schedule();
}

void reconnecting_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    attempts_.abandon();
    status_.abandon();
    if (timer_)
        clock_->forget(*timer_);
    timer_.reset();
    // The session stays: it is a member of the registry, too, and must live to destroy its own handlers.
    streams_->hub().abandon();
    commands_.destroy_handlers();
    waits_.destroy_handlers();
}

void reconnecting_impl::log_pause() const
{
    if (!options_.session.log)
        return;
    try {
        connection_status const& now = status_.here();
        auto const pause = std::chrono::duration_cast<std::chrono::milliseconds>(now.pause);
        std::string const event = now.state == connection_state::lost && now.failed_attempts == 0
                                      ? "The connection has ended"
                                      : "Cannot " + attempts_.description();
        log(options_.session, log_level::warning,
            event + ": " + now.reason.message() + ". The next attempt is in " + std::to_string(pause.count()) + " ms.");
    } catch (std::bad_alloc const&) {
        return;  // the status says the same
    }
}

// ---- Time ------------------------------------------------------------------------------------------------------------------

// One timer for all moments, and one wait at a time, whose memory is reserved.
void reconnecting_impl::arm()
{
    auto const moment = std::min(next_attempt_, commands_.earliest());
    if (!timer_ || moment >= armed_for_)
        return;
    bool const was_timing = std::exchange(is_timing_, true);
    try {
        clock_->expire_at(*timer_, moment);
        armed_for_ = moment;
        if (was_timing)
            return;  // that wait ends now, and on_timer() starts the next
        auto expired = [self = shared_from_this()](error_code) { self->on_timer(); };
        timer_->async_wait(asio::bind_allocator(allocator_of(timer_memory_), std::move(expired)));
    } catch (std::bad_alloc const&) {  // of the list of all timers: there is memory to try again, when others have run
        if (!was_timing)
            post_reserved(executor(), retry_memory_, [self = shared_from_this()] { self->on_timer(); });
    }
}

void reconnecting_impl::on_timer()
{
    is_timing_ = false;
    armed_for_ = time_point::max();
    if (!timer_ || status_.is_closed())
        return;
    auto const now = clock_->now();
    commands_.expire(now);
    if (next_attempt_ <= now) {
        next_attempt_ = time_point::max();
        attempts_.start();
    }
    on_commands_changed();
}

// ---- Turns -----------------------------------------------------------------------------------------------------------------

bool reconnecting_impl::has_work() const noexcept
{
    return executor() && (commands_.has_finished() || waits_.has_finished(status_.here(), commands_.is_idle()));
}

void reconnecting_impl::on_turn()
{
    turns_.run([this] {
        commands_.dispatch();
        waits_.dispatch(status_.read(), commands_.is_idle());
    });
}

}  // namespace coqmp::detail
