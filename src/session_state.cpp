#include "session_state.hpp"

#include "cancellation.hpp"
#include "deadline.hpp"
#include "outcome.hpp"
#include "unclaimed_endpoint.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <random>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

constexpr auto never = std::chrono::steady_clock::time_point::max();

std::uint64_t random_nonce()
{
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

bool asks_to_abandon(asio::cancellation_type kind)
{
    return (kind & (asio::cancellation_type::terminal | asio::cancellation_type::partial)) != asio::cancellation_type::none;
}

/// Whether this thread is running handlers of an `io_context` with this executor. Of other executors it cannot be said.
bool runs_here(asio::any_io_executor const& executor) noexcept
{
    auto const* const context = executor.target<asio::io_context::executor_type>();
    return context != nullptr && context->running_in_this_thread();
}

bool carries_no_descriptor(command const& what)
{
    auto const is_closed = [](descriptor const& carried) { return ::fcntl(carried.number(), F_GETFD) < 0; };
    return std::ranges::any_of(what.descriptors(), is_closed);
}

}  // namespace

session_state::session_state(asio::any_io_executor executor, session_options options)
    : context_member(executor),
      executor_(std::move(executor)),
      options_(std::move(options)),
      dialogue_(core_options()),
      events_(executor_, options_.event_capacity),
      socket_(executor_),
      timer_(executor_)
{}

session_state::~session_state() = default;

protocol::dialogue_options session_state::core_options() const
{
    protocol::dialogue_options result;
    result.limits.max_message_size = options_.max_message_size;
    result.limits.max_nesting = options_.max_nesting;
    result.in_band_window = options_.in_band_window;
    result.negotiate = options_.negotiate;
    result.out_of_band = options_.out_of_band;
    result.nonce = random_nonce();
    if (options_.trace)
        result.on_output = [trace = options_.trace](std::string_view text) { trace(direction::sent, text); };
    return result;
}

greeting const& session_state::greeting() const noexcept
{
    static coqmp::greeting const none;
    return negotiated_.load(std::memory_order_acquire) ? dialogue_.greeting() : none;
}

session_counters session_state::counters() const noexcept
{
    session_counters result = dialogue_.counters().snapshot();
    result.events_lost = events_.lost();
    return result;
}

// ---- Operations, from any thread -------------------------------------------------------------------------------------------

void session_state::start_connect(pointer const& self, plain_handler handler, endpoint where)
{
    auto const slot = handler.slot();
    auto waiting = std::make_shared<waiting_plain>(std::move(handler));
    on_cancellation(slot, self, waiting, [](session_state& state, auto const& what, asio::cancellation_type kind) {
        if (asks_to_abandon(kind))
            state.cancel_connect(what);
    });
    asio::dispatch(self->executor_,
                   [self, waiting = std::move(waiting), target = unclaimed_endpoint(std::move(where))]() mutable {
                       self->connect(waiting, target);
                   });
}

template <class Signature>
void session_state::start(pointer const& self, waiting_handler<Signature>&& handler,
                          std::shared_ptr<awaited_command<Signature>>&& awaited)
{
    auto const slot = handler.slot();
    awaited->await(std::move(handler));
    std::shared_ptr<pending_command> pending = std::move(awaited);
    on_cancellation(slot, self, pending,
                    [](session_state& state, auto const& which, asio::cancellation_type kind) { state.cancel(*which, kind); });
    if (runs_here(self->executor_))
        self->execute(std::move(pending));
    else
        asio::dispatch(self->executor_, [self, pending = std::move(pending)]() mutable { self->execute(std::move(pending)); });
}

template void session_state::start(pointer const&, waiting_handler<pending_signature>&&,
                                   std::shared_ptr<awaited_command<pending_signature>>&&);

void session_state::start_execute(pointer const& self, reply_handler&& handler, command&& what)
{
    start(self, std::move(handler), make_pending<reply_signature>(std::move(what)));
}

void session_state::start_close(pointer const& self, plain_handler handler)
{
    auto waiting = std::make_shared<waiting_plain>(std::move(handler));
    asio::dispatch(self->executor_, [self, waiting = std::move(waiting)] {
        self->end({});
        self->closing_.push_back(waiting);
        self->schedule_turn();
    });
}

void session_state::start_wait_closed(pointer const& self, reason_handler handler)
{
    auto const slot = handler.slot();
    auto waiting = std::make_shared<waiting_reason>(std::move(handler));
    on_cancellation(slot, self, waiting,
                    [](session_state& state, auto const& what, asio::cancellation_type) { state.cancel_wait_closed(what); });
    asio::dispatch(self->executor_, [self, waiting = std::move(waiting)] { self->wait_closed(waiting); });
}

void session_state::close() noexcept
{
    asio::dispatch(executor_, [self = shared_from_this()] { self->end({}); });
}

// ---- Connecting and ending -------------------------------------------------------------------------------------------------

void session_state::connect(std::shared_ptr<waiting_plain> const& waiting, unclaimed_endpoint& where)
{
    if (!*waiting)
        return;  // cancelled on its way here
    if (stage_ != stage::idle) {
        waiting->post(make_error_code(dialed_ ? errc::already_started : errc::disconnected));
        return;
    }
    stage_ = stage::dialing;
    dialed_ = true;
    connecting_ = waiting;
    connect_deadline_ = optional_deadline_after(options_.connect_timeout);
    arm_timer(connect_deadline_);
    dialer_ = std::make_shared<dialer>(executor_);
    dialer_->dial(where.claim(), [state = weak_from_this()](error_code error, stream_socket socket) {
        if (auto const self = state.lock())
            self->connected(error, std::move(socket));
    });
}

void session_state::connected(error_code error, stream_socket socket)
{
    if (stage_ != stage::dialing)
        return;
    dialer_.reset();  // it has a socket and addresses of its own
    if (error) {
        // A peer that accepts and resets at once: by the time that we look the connection has come and gone.
        end(error == asio::error::connection_reset ? make_error_code(errc::disconnected) : error);
        return;
    }
    socket_ = std::move(socket);
    stage_ = stage::greeting;
    if (dialogue_.is_ready())
        became_ready();
    read();
}

void session_state::became_ready()
{
    stage_ = stage::open;
    events_.ready();
    negotiated_.store(true, std::memory_order_release);
    connect_deadline_ = never;
    connected_ = std::exchange(connecting_, nullptr);
    schedule_turn();
}

void session_state::cancel_connect(std::shared_ptr<waiting_plain> const& waiting)
{
    if (stage_ == stage::idle)  // the call itself is still on its way here
        connecting_ = waiting;
    if (connecting_ == waiting)
        end(asio::error::operation_aborted);
}

void session_state::end(error_code why)
{
    if (stage_ == stage::ended)
        return;
    stage_ = stage::ended;
    reason_ = why;
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    if (auto const dial = std::exchange(dialer_, nullptr))
        dial->cancel();
    error_code const reason = why ? why : make_error_code(errc::disconnected);
    while (!active_.empty()) {
        pending_command& pending = active_.front();
        bool const on_wire = pending.where() == protocol::request::stage::on_wire;
        finish(pending, with_outcome(reason, on_wire ? outcome::unknown : outcome::not_sent));
    }
    dialogue_.forget_all();
    events_.end();
    if (auto const waiting = std::exchange(connecting_, nullptr))
        waiting->post(why ? why : error_code(asio::error::operation_aborted));
    for (auto const& waiting : std::exchange(reason_waits_, {}))
        waiting->post(error_code(), reason_);
}

void session_state::wait_closed(std::shared_ptr<waiting_reason> const& waiting)
{
    if (!*waiting)
        return;  // cancelled on its way here
    if (stage_ == stage::ended)
        waiting->post(error_code(), reason_);
    else
        reason_waits_.push_back(waiting);
}

void session_state::cancel_wait_closed(std::shared_ptr<waiting_reason> const& waiting)
{
    std::erase(reason_waits_, waiting);
    if (*waiting)
        waiting->post(error_code(asio::error::operation_aborted), error_code());
}

void session_state::abandon_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    stage_ = stage::ended;
    std::vector<std::shared_ptr<pending_command>> dropped;
    for (active_list* list : {&active_, &finished_})
        while (!list->empty()) {
            dropped.push_back(std::exchange(list->front().kept, nullptr));
            list->pop_front();
        }
    deadlines_.clear();
    dialogue_.forget_all();
    auto const connecting = std::exchange(connecting_, nullptr);
    auto const connected = std::exchange(connected_, nullptr);
    auto const reasons = std::exchange(reason_waits_, {});
    auto const closing = std::exchange(closing_, {});
}

// ---- Commands --------------------------------------------------------------------------------------------------------------

void session_state::execute(std::shared_ptr<pending_command>&& what)
{
    pending_command* const pending = what.get();
    pending->kept = std::move(what);
    active_.push_back(*pending);
    if (pending->cancelled) {
        finish(*pending, asio::error::operation_aborted);
        return;
    }
    if (stage_ != stage::open) {
        finish(*pending, with_outcome(errc::disconnected, outcome::not_sent));
        return;
    }
    events_.used();
    if (carries_no_descriptor(pending->what())) {
        // To the kernel it would be an error of the socket, and the end of the session.
        finish(*pending, with_outcome(errc::closed_descriptor, outcome::not_sent));
        return;
    }
    if (auto const error = dialogue_.submit(*pending)) {
        finish(*pending, with_outcome(error, outcome::not_sent));
        return;
    }
    pending->deadline = optional_deadline_after(pending->what().timeout().value_or(options_.command_timeout));
    if (pending->deadline != never) {
        deadlines_.insert(deadlines_.end(), *pending);
        arm_timer(pending->deadline);
    }
    if (!dialogue_.output().empty())
        schedule_turn();
}

void session_state::cancel(pending_command& pending, asio::cancellation_type kind)
{
    using protocol::request;
    bool const abandon = asks_to_abandon(kind);
    if (!pending.kept) {  // on its way here, or done
        pending.cancelled = true;
    } else if (pending.where() == request::stage::waiting || (abandon && pending.where() == request::stage::on_wire)) {
        give_up(pending, asio::error::operation_aborted);
    }
}

void session_state::give_up(pending_command& pending, error_code why)
{
    dialogue_.abandon(pending);
    finish(pending, why);
}

void session_state::finish(pending_command& pending, error_code error)
{
    if (pending.boost::intrusive::set_base_hook<boost::intrusive::tag<deadline_tag>>::is_linked())
        deadlines_.erase(deadlines_.iterator_to(pending));
    active_.erase(active_.iterator_to(pending));
    pending.error = error;
    finished_.push_back(pending);
    schedule_turn();
}

// ---- Bytes -----------------------------------------------------------------------------------------------------------------

// To wait for something to read costs a call of epoll_ctl() for each message. To read into a buffer would cost a recv() that finds
// nothing instead (Asio 1.81 tries at once), a buffer for each session, and bytes in it that a deadline has to wait for.
void session_state::read()
{
    // Memory of its own: what handlers start in between would take that which Asio keeps for the next operation.
    auto on_readable = [self = shared_from_this()](error_code) { self->on_readable(); };
    socket_.async_wait(stream_socket::wait_read,
                       asio::bind_allocator(handler_allocator<void>(read_memory_), std::move(on_readable)));
}

void session_state::on_readable()
{
    if (stage_ == stage::ended)
        return;
    turning_ = true;
    // The peer works while this thread prepares to wait: what handlers have to say is sent first.
    try {
        take_in(1);  // not more events than a stream holds before its reader has a turn on this thread
        turn();
    } catch (...) {
        read_on();
        throw;
    }
    read_on();
}

void session_state::read_on()
{
    if (stage_ != stage::ended)
        read();
}

void session_state::take_in(int most_rounds)
try {
    drain(most_rounds);
} catch (...) {
    // No memory for a message, or a hook that throws: half of what was read is lost, and so is the conversation.
    end(make_error_code(errc::disconnected));
    turning_ = false;
    schedule_turn();
    throw;
}

// An idle session has no buffer: all sessions of a thread share one.
void session_state::drain(int most_rounds)
{
    constexpr std::size_t shared_size = std::size_t{64} << 10;
    thread_local std::vector<char> shared;
    shared.resize(shared_size);
    for (int round = 0; round < most_rounds && (stage_ == stage::open || stage_ == stage::greeting); ++round) {
        error_code error;
        std::size_t const size = receive_some(socket_, shared, error);
        receive(std::string_view(shared.data(), size));
        if (error)
            end(make_error_code(errc::disconnected));
        if (size < shared_size)
            return;
    }
}

void session_state::receive(std::string_view input)
{
    dialogue_.counters().bytes_received.add(input.size());
    while (!input.empty() && stage_ != stage::ended) {
        std::string_view const before = input;
        protocol::action next = dialogue_.receive(input);
        if (options_.trace)
            trace_received(before.substr(0, before.size() - input.size()));
        handle(next);
    }
}

void session_state::handle(protocol::action& next)
{
    if (auto const* reply = std::get_if<protocol::answered>(&next)) {
        finish(static_cast<pending_command&>(*reply->which), {});
    } else if (auto* event = std::get_if<protocol::happened>(&next)) {
        events_.publish(std::move(event->what));
    } else if (std::holds_alternative<protocol::ready>(next)) {
        became_ready();
    } else if (auto const* over = std::get_if<protocol::ended>(&next)) {
        if (options_.log && !dialogue_.refusal().empty())
            options_.log("The peer refused the negotiation: " + dialogue_.refusal());
        end(over->why);
    } else if (auto const* odd = std::get_if<protocol::ignored>(&next)) {
        if (options_.log)
            options_.log(odd->sentence);
    }
}

void session_state::trace_received(std::string_view bytes)
{
    traced_ += bytes;
    if (dialogue_.inside_message())
        return;
    std::string_view message = traced_;
    message.remove_prefix(std::min(message.find('{'), message.size()));
    if (!message.empty())
        options_.trace(direction::received, message);
    traced_.clear();
}

bool session_state::can_write() const noexcept
{
    return !dialogue_.output().empty() && !waiting_to_write_ && !write_failed_ && stage_ != stage::ended;
}

void session_state::write()
{
    if (can_write())
        end_what_is_late();  // before it is sent: then it does not depend on how fast the answer is
    while (can_write()) {
        error_code error;
        std::size_t const size = send_some(socket_, dialogue_.output(), dialogue_.output_descriptors(), error);
        if (error) {
            // What the peer said before it left is still to be read, and then the end.
            write_failed_ = true;
            error_code ignored;
            socket_.shutdown(stream_socket::shutdown_both, ignored);
        } else if (size != 0) {
            dialogue_.sent(size);
        } else {
            waiting_to_write_ = true;
            socket_.async_wait(stream_socket::wait_write, [self = shared_from_this()](error_code) {
                self->waiting_to_write_ = false;
                self->write();
            });
        }
    }
}

// ---- Time ------------------------------------------------------------------------------------------------------------------

// One timer for all deadlines: most are never reached, so it is set again only for an earlier one.
void session_state::arm_timer(clock::time_point deadline)
{
    if (deadline >= timer_deadline_)
        return;
    timer_deadline_ = deadline;
    timer_.expires_at(deadline);
    timer_.async_wait([self = shared_from_this()](error_code error) {
        if (!error)
            self->on_timer();
    });
}

void session_state::on_timer()
{
    if (stage_ == stage::ended)
        return;
    timer_deadline_ = never;
    turning_ = true;
    end_what_is_late();
    if (stage_ != stage::ended) {
        arm_timer(connect_deadline_);
        if (!deadlines_.empty())
            arm_timer(deadlines_.begin()->deadline);
    }
    turn();
}

void session_state::end_what_is_late()
{
    auto const now = clock::now();
    bool const late = connect_deadline_ <= now || (!deadlines_.empty() && deadlines_.begin()->deadline <= now);
    if (!late)
        return;
    take_in(16);  // an answer that has come wins, even if this process was too slow to look
    if (connect_deadline_ <= now && stage_ != stage::ended) {
        bool const silent = stage_ == stage::greeting && dialogue_.counters().bytes_received.read() == 0;
        end(make_error_code(silent ? errc::monitor_busy : errc::timed_out));
    }
    time_out(now);
}

void session_state::time_out(clock::time_point now)
{
    std::vector<pending_command*> late;
    while (!deadlines_.empty() && deadlines_.begin()->deadline <= now) {
        late.push_back(&*deadlines_.begin());
        deadlines_.erase(deadlines_.begin());
    }
    // The last one first: giving one up may make room for those behind it, and none that is late may be sent then.
    std::ranges::sort(late, std::greater(), [](pending_command const* each) { return each->number(); });
    for (pending_command* each : late) {
        bool const on_wire = each->where() == protocol::request::stage::on_wire;
        give_up(*each, with_outcome(errc::timed_out, on_wire ? outcome::unknown : outcome::not_sent));
    }
}

// ---- Handlers --------------------------------------------------------------------------------------------------------------

void session_state::schedule_turn()
{
    if (turning_ || std::exchange(turn_scheduled_, true))
        return;
    asio::post(executor_, [self = shared_from_this()] {
        self->turn_scheduled_ = false;
        self->turn();
    });
}

// Commands that were sent on by all that ran before go out in one write.
void session_state::turn()
{
    turning_ = true;
    struct guard  // a handler may throw: the others must still have their turn
    {
        session_state& state;
        ~guard()
        {
            state.turning_ = false;
            if (state.connected_ || !state.finished_.empty() || !state.closing_.empty() || state.can_write())
                state.schedule_turn();
        }
    } const after_all{*this};
    write();
    run_handlers();
    write();
}

void session_state::run_handlers()
{
    if (auto const waiting = std::exchange(connected_, nullptr))
        waiting->complete(error_code());
    // A handler may run the context itself, and so this function: then there are fewer than there were.
    for (std::size_t waiting = finished_.size(); waiting != 0 && !finished_.empty(); --waiting) {
        auto next = std::exchange(finished_.front().kept, nullptr);
        finished_.pop_front();
        pending_command& finished = *next;
        finished.complete(std::move(next));
    }
    if (finished_.empty())
        for (auto const& waiting : std::exchange(closing_, {}))
            waiting->post(error_code());
}

}  // namespace coqmp::detail
