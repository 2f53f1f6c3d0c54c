#include "session/session_impl.hpp"

#include "detail/cancellation.hpp"
#include "detail/log.hpp"
#include "detail/outcome.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <new>
#include <random>
#include <string>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

std::uint64_t random_seed()
{
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

// std::random_device for each takes 4 us in a virtual machine, a tenth of connecting. The clock distinguishes a process from
// its fork.
std::uint64_t random_nonce()
{
    static std::atomic<std::uint64_t> seed(random_seed());
    constexpr std::uint64_t golden_ratio = 0x9e37'79b9'7f4a'7c15;
    auto const now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    std::uint64_t mixed = seed.fetch_add(golden_ratio, std::memory_order_relaxed) + now;  // and then as SplitMix64 does
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11eb;
    return mixed ^ (mixed >> 31);
}

protocol::dialogue_options core_options(session_options const& options)
{
    protocol::dialogue_options result;
    result.limits.max_message_size = options.max_message_size;
    result.limits.max_nesting = options.max_nesting;
    result.in_band_window = options.in_band_window;
    result.negotiate = options.negotiate;
    result.ids = options.ids;
    result.out_of_band = options.out_of_band;
    result.nonce = random_nonce();
    if (options.trace) {
        result.on_output = [trace = options.trace](std::string_view text) { trace(direction::sent, text); };
        result.on_input = [trace = options.trace](std::string_view text) { trace(direction::received, text); };
    }
    return result;
}

/// Whether this thread is running handlers of an `io_context` with this executor. Unknown, and therefore false, for other
/// executors.
bool is_running_on(asio::any_io_executor const& executor) noexcept
{
    auto const* const context = executor.target<asio::io_context::executor_type>();
    return context != nullptr && context->running_in_this_thread();
}

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

}  // namespace

session_impl::session_impl(asio::any_io_executor executor, session_options options)
    : handler_registration(std::move(executor)),
      options_(std::move(options)),
      dialogue_(core_options(options_)),
      events_(this->executor(), options_.event_capacity, options_.event_bytes, options_.early_events),
      transport_(*this),
      deadlines_(this->executor(), *this),
      commands_(dialogue_, deadlines_, options_.command_timeout)
{}

session_counters session_impl::counters() const noexcept
{
    session_counters result = dialogue_.counters().snapshot();
    result.events_lost = events_.lost();
    return result;
}

// ---- Operations, from any thread -------------------------------------------------------------------------------------------

void start_connect(session_impl::pointer const& impl, session_impl::plain_handler&& handler, endpoint&& where)
{
    if (!impl)
        return handler.post(make_error_code(errc::disconnected));
    auto const slot = handler.slot();
    auto waiting = std::make_shared<session_impl::plain_handler>(std::move(handler));
    on_cancellation(slot, impl, waiting, [](session_impl& session, auto const& cancelled, asio::cancellation_type kind) {
        if (asks_to_abandon(kind))
            session.cancel_connect(cancelled);
    });
    run_on_executor(impl, [waiting = std::move(waiting), target = std::move(where)](session_impl& session) {
        session.connect(waiting, target);
    });
}

void start_execute(session_impl::pointer const& impl, session_impl::reply_handler&& handler, command&& what)
{
    if (!impl)
        return handler.post(with_outcome(errc::disconnected, outcome::not_sent), reply::unanswered(false));
    start_pending(impl, std::move(handler), make_pending(std::move(what)));
}

void start_pending(session_impl::pointer const& impl, session_impl::reply_handler&& handler,
                   std::shared_ptr<pending_command>&& pending)
{
    auto const slot = handler.slot();
    pending->handler.emplace(std::move(handler));
    on_cancellation(slot, impl, pending, [](session_impl& session, auto const& cancelled, asio::cancellation_type kind) {
        session.cancel(*cancelled, kind);
    });
    run_on_executor(impl, [pending = std::move(pending)](session_impl& session) mutable { session.execute(std::move(pending)); });
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

void session_impl::close() noexcept
{
    if (executor())  // otherwise it has ended with its context
        run_on_executor(std::static_pointer_cast<session_impl>(shared_from_this()), [](session_impl& state) { state.end({}); });
}

// ---- Connecting and ending -------------------------------------------------------------------------------------------------

void session_impl::connect(std::shared_ptr<plain_handler> const& waiting, endpoint const& where)
try {
    if (!*waiting)
        return;  // cancelled on its way here
    if (stage_ != stage::idle) {
        waiting->post(make_error_code(dialed_ ? errc::already_started : errc::disconnected));
        return;
    }
    stage_ = stage::dialing;
    dialed_ = true;
    connecting_ = waiting;
    deadlines_.start_connecting(options_.connect_timeout);
    dialer_ = std::make_shared<dialer>(executor());
    auto connected = [weak = weak_from_this(), is_shared = where.is_descriptor()](error_code error, stream_socket socket) {
        if (auto const self = std::static_pointer_cast<session_impl>(weak.lock()))
            self->connected(error, std::move(socket), is_shared);
    };
    dialer_->dial(where, std::move(connected));
} catch (std::bad_alloc const&) {
    end(make_error_code(errc::out_of_memory));
}

void session_impl::connected(error_code error, stream_socket socket, bool is_shared)
{
    if (stage_ != stage::dialing)
        return;
    dialer_.reset();  // it has a socket and addresses of its own
    if (error) {
        // A peer that accepts and resets at once: by the time that we look the connection has come and gone.
        end(error == asio::error::connection_reset ? make_error_code(errc::disconnected) : error);
        return;
    }
    transport_.open(std::move(socket), is_shared);
    stage_ = stage::greeting;
    if (dialogue_.is_ready())
        became_ready();
}

void session_impl::became_ready()
{
    stage_ = stage::open;
    negotiated_.store(true, std::memory_order_release);
    deadlines_.stop_connecting();
    connected_ = std::exchange(connecting_, nullptr);
    schedule_turn();
}

void session_impl::cancel_connect(std::shared_ptr<plain_handler> const& waiting)
{
    if (stage_ == stage::idle)  // the call itself is still on its way here
        connecting_ = waiting;
    if (connecting_ == waiting)
        end(asio::error::operation_aborted);
}

void session_impl::end(error_code why)
{
    if (stage_ == stage::ended)
        return;
    stage_ = stage::ended;
    reason_ = why;
    transport_.close();
    if (auto const dial = std::exchange(dialer_, nullptr))
        dial->cancel();
    commands_.finish_all(why ? why : make_error_code(errc::disconnected));
    deadlines_.close();
    dialogue_.forget_all();
    events_.end();
    if (auto const waiting = std::exchange(connecting_, nullptr))
        waiting->post(why ? why : error_code(asio::error::operation_aborted));
    for (auto const& waiting : std::exchange(end_waits_, {}))
        if (*waiting)
            waiting->post(error_code(), session_end(reason_));
    if (has_work())
        schedule_turn();
}

void session_impl::close(std::shared_ptr<plain_handler> const& waiting)
{
    end({});
    closing_.push_back(waiting);
    schedule_turn();
}

void session_impl::wait_closed(std::shared_ptr<end_handler> const& waiting)
{
    if (!*waiting)
        return;  // cancelled on its way here
    if (stage_ == stage::ended)
        return waiting->post(error_code(), session_end(reason_));
    std::erase_if(end_waits_, [](auto const& each) { return !*each; });  // cancelled
    end_waits_.push_back(waiting);
}

void session_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    stage_ = stage::ended;
    if (auto const dial = std::exchange(dialer_, nullptr))
        dial->cancel();
    transport_.reset();
    deadlines_.reset();
    dialogue_.forget_all();
    events_.abandon();
    commands_.destroy_handlers();
    auto const connecting = std::exchange(connecting_, nullptr);
    auto const connected = std::exchange(connected_, nullptr);
    auto const reasons = std::exchange(end_waits_, {});
    auto const closing = std::exchange(closing_, {});
}

// ---- Commands --------------------------------------------------------------------------------------------------------------

void session_impl::execute(std::shared_ptr<pending_command>&& command)
{
    pending_command& submitted = *command;
    commands_.submit(std::move(command), stage_ == stage::open);
    try {
        if (has_work())
            schedule_turn();
    } catch (std::bad_alloc const&) {
        // The caller gets the exception, and the command must not complete as well. (It is finished: an open session has a
        // socket, and then a turn needs no memory.)
        commands_.withdraw(submitted);
        throw;
    }
}

void session_impl::cancel(pending_command& command, asio::cancellation_type kind)
{
    commands_.cancel(command, kind);
    if (has_work())
        schedule_turn();
}

// ---- Turns -----------------------------------------------------------------------------------------------------------------

/// While one exists, all that happens is dispatched at its end, and no other turn is scheduled.
class session_impl::turn_scope
{
public:
    explicit turn_scope(session_impl& session) noexcept : session_(session) { session_.turning_ = true; }
    turn_scope(turn_scope const&) = delete;
    turn_scope& operator=(turn_scope const&) = delete;
    ~turn_scope()
    {
        session_.turning_ = false;
        if (session_.has_work())  // a handler has thrown, or has caused more of it
            session_.schedule_turn();
    }

private:
    session_impl& session_;
};

void session_impl::on_readable()
{
    if (stage_ == stage::ended)
        return;
    turn_scope const turn(*this);
    pump(1);  // not more events than a stream holds before its reader has a turn on this thread
    flush_and_dispatch();
}

void session_impl::on_turn()
{
    turn_scheduled_ = false;
    turn_scope const turn(*this);
    flush_and_dispatch();
}

// All commands that earlier handlers submitted go out in one write. The peer works while the handlers run.
void session_impl::flush_and_dispatch()
{
    expire_deadlines();  // before it is sent: then it does not depend on how fast the answer is
    transport_.flush(dialogue_);
    if (auto const waiting = std::exchange(connected_, nullptr))
        waiting->complete(error_code());
    commands_.dispatch();
    if (!commands_.has_finished())
        for (auto const& waiting : std::exchange(closing_, {}))
            waiting->post(error_code());
    if (!transport_.can_write() || dialogue_.output().empty())
        return;
    expire_deadlines();
    transport_.flush(dialogue_);
}

bool session_impl::has_work() const noexcept
{
    bool const can_flush = transport_.can_write() && !dialogue_.output().empty();
    return connected_ || commands_.has_finished() || !closing_.empty() || can_flush;
}

void session_impl::schedule_turn()
{
    if (turning_ || std::exchange(turn_scheduled_, true))
        return;
    try {
        asio::post(executor(), [self = shared_from_this()] { self->on_turn(); });
    } catch (std::bad_alloc const&) {
        turn_scheduled_ = false;
        error_code failure;
        transport_.interrupt_read(failure);  // causes a turn as well
        if (failure)
            throw;
    }
}

// ---- What happens in a turn ------------------------------------------------------------------------------------------------

// After an exception some of the bytes that were read are lost, and so is the conversation. An exception of a hook goes to the
// caller of run(). A lack of memory ends only this session: the others on the executor go on.
void session_impl::pump(int most_reads)
try {
    for (bool is_more = true; is_more && most_reads > 0 && transport_.is_open(); --most_reads) {
        error_code is_over;
        std::string_view input = transport_.read_available(is_over);
        is_more = input.size() == transport::read_size;
        dialogue_.counters().bytes_received.add(input.size());
        while (!input.empty() && stage_ != stage::ended) {
            protocol::action next = dialogue_.receive(input);
            handle(next);
        }
        if (is_over)
            end(make_error_code(errc::disconnected));
    }
} catch (std::bad_alloc const&) {
    end(make_error_code(errc::out_of_memory));
} catch (...) {
    end(make_error_code(errc::disconnected));
    throw;
}

void session_impl::handle(protocol::action& next)
{
    if (auto const* reply = std::get_if<protocol::answered>(&next)) {
        commands_.answer(*reply->which);
    } else if (auto* event = std::get_if<protocol::happened>(&next)) {
        bool const is_early = dialogue_.counters().commands.read() == 0;
        events_.publish(std::move(event->what), dialogue_.last_message_memory(), is_early);
    } else if (std::holds_alternative<protocol::ready>(next)) {
        became_ready();
    } else if (auto const* over = std::get_if<protocol::ended>(&next)) {
        if (!dialogue_.refusal().empty())
            log(options_, log_level::error, "The peer refused the negotiation: " + dialogue_.refusal());
        end(over->why);
    } else if (auto const* odd = std::get_if<protocol::ignored>(&next)) {
        log(options_, log_level::warning, odd->sentence);
    }
}

void session_impl::expire_deadlines()
{
    auto const now = deadlines_.now();
    if (deadlines_.earliest() > now)
        return;
    pump(16);  // a reply that has arrived wins, even if this process was too slow to read it
    if (deadlines_.has_connecting_expired(now)) {
        bool const is_silent = stage_ == stage::greeting && dialogue_.counters().bytes_received.read() == 0;
        end(make_error_code(is_silent ? errc::monitor_busy : errc::timed_out));
    }
    commands_.expire_commands(now);
    deadlines_.expire_events(now);
    deadlines_.arm();
}

}  // namespace coqmp::detail
