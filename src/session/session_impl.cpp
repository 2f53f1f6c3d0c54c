#include "session/session_impl.hpp"

#include "detail/cancellation.hpp"
#include "detail/deadline.hpp"
#include "detail/outcome.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <random>
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

bool asks_to_abandon(asio::cancellation_type kind)
{
    return (kind & (asio::cancellation_type::terminal | asio::cancellation_type::partial)) != asio::cancellation_type::none;
}

/// Whether this thread is running handlers of an `io_context` with this executor. Unknown, and therefore false, for other
/// executors.
bool runs_here(asio::any_io_executor const& executor) noexcept
{
    auto const* const context = executor.target<asio::io_context::executor_type>();
    return context != nullptr && context->running_in_this_thread();
}

/// Runs `step(state)` at home: at once if this is it. (asio::dispatch() would do the same, after 200 instructions.)
template <class Step>
void at_home(session_impl::pointer const& self, Step step)
{
    if (runs_here(self->executor()))
        step(*self);
    else
        asio::dispatch(self->executor(), [self, step = std::move(step)]() mutable { step(*self); });
}

bool carries_no_descriptor(command const& what)
{
    auto const is_closed = [](descriptor const& carried) { return ::fcntl(carried.number(), F_GETFD) < 0; };
    return std::ranges::any_of(what.descriptors(), is_closed);
}

}  // namespace

session_impl::session_impl(asio::any_io_executor executor, session_options options)
    : handler_registration(std::move(executor)),
      options_(std::move(options)),
      dialogue_(core_options()),
      events_(this->executor(), options_.event_capacity, options_.event_bytes),
      socket_(this->executor()),
      timer_(this->executor())
{}

session_impl::~session_impl()
{
    if (dialer_)
        dialer_->cancel();
}

protocol::dialogue_options session_impl::core_options() const
{
    protocol::dialogue_options result;
    result.limits.max_message_size = options_.max_message_size;
    result.limits.max_nesting = options_.max_nesting;
    result.in_band_window = options_.in_band_window;
    result.negotiate = options_.negotiate;
    result.ids = options_.ids;
    result.out_of_band = options_.out_of_band;
    result.nonce = random_nonce();
    if (options_.trace)
        result.on_output = [trace = options_.trace](std::string_view text) { trace(direction::sent, text); };
    return result;
}

greeting const& session_impl::greeting() const noexcept
{
    static coqmp::greeting const none;
    return negotiated_.load(std::memory_order_acquire) ? dialogue_.greeting() : none;
}

session_counters session_impl::counters() const noexcept
{
    session_counters result = dialogue_.counters().snapshot();
    result.events_lost = events_.lost();
    return result;
}

// ---- Operations, from any thread -------------------------------------------------------------------------------------------

void session_impl::start_connect(pointer const& self, plain_handler handler, endpoint where)
{
    auto const slot = handler.slot();
    auto waiting = std::make_shared<waiting_plain>(std::move(handler));
    on_cancellation(slot, self, waiting, [](session_impl& state, auto const& what, asio::cancellation_type kind) {
        if (asks_to_abandon(kind))
            state.cancel_connect(what);
    });
    at_home(self,
            [waiting = std::move(waiting), target = std::move(where)](session_impl& state) { state.connect(waiting, target); });
}

template <class Signature>
void session_impl::start(pointer const& self, pending_handler<Signature>&& handler,
                         std::shared_ptr<awaited_command<Signature>>&& awaited)
{
    auto const slot = handler.slot();
    awaited->await(std::move(handler));
    std::shared_ptr<pending_command> pending = std::move(awaited);
    on_cancellation(slot, self, pending,
                    [](session_impl& state, auto const& which, asio::cancellation_type kind) { state.cancel(*which, kind); });
    at_home(self, [pending = std::move(pending)](session_impl& state) mutable { state.execute(std::move(pending)); });
}

template void session_impl::start(pointer const&, pending_handler<pending_signature>&&,
                                  std::shared_ptr<awaited_command<pending_signature>>&&);

void session_impl::start_execute(pointer const& self, reply_handler&& handler, command&& what)
{
    start(self, std::move(handler), make_pending<reply_signature>(std::move(what)));
}

void session_impl::start_close(pointer const& self, plain_handler handler)
{
    auto waiting = std::make_shared<waiting_plain>(std::move(handler));
    at_home(self, [waiting = std::move(waiting)](session_impl& state) {
        state.end({});
        state.closing_.push_back(waiting);
        state.schedule_turn();
    });
}

void session_impl::start_wait_closed(pointer const& self, reason_handler handler)
{
    auto const slot = handler.slot();
    auto waiting = std::make_shared<waiting_reason>(std::move(handler));
    on_cancellation(slot, self, waiting,
                    [](session_impl& state, auto const& what, asio::cancellation_type) { state.cancel_wait_closed(what); });
    at_home(self, [waiting = std::move(waiting)](session_impl& state) { state.wait_closed(waiting); });
}

void session_impl::close() noexcept
{
    if (executor())  // otherwise it has ended with its context
        at_home(shared_from_this(), [](session_impl& state) { state.end({}); });
}

// ---- Connecting and ending -------------------------------------------------------------------------------------------------

void session_impl::connect(std::shared_ptr<waiting_plain> const& waiting, endpoint const& where)
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
    connect_deadline_ = optional_deadline_after(options_.connect_timeout);
    arm_timer(connect_deadline_);
    dialer_ = std::make_shared<dialer>(executor());
    is_shared_ = where.is_descriptor();
    dialer_->dial(where, [this](error_code error, stream_socket socket) { connected(error, std::move(socket)); });
} catch (std::bad_alloc const&) {
    end(make_error_code(errc::out_of_memory));
}

void session_impl::connected(error_code error, stream_socket socket)
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

void session_impl::became_ready()
{
    stage_ = stage::open;
    events_.ready();
    negotiated_.store(true, std::memory_order_release);
    connect_deadline_ = never;
    connected_ = std::exchange(connecting_, nullptr);
    schedule_turn();
}

void session_impl::cancel_connect(std::shared_ptr<waiting_plain> const& waiting)
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
    error_code ignored;
    if (is_shared_)
        socket_->shutdown(stream_socket::shutdown_both, ignored);
    socket_->close(ignored);
    timer_->cancel();
    if (auto const dial = std::exchange(dialer_, nullptr))
        dial->cancel();
    error_code const reason = why ? why : make_error_code(errc::disconnected);
    while (!active_.empty()) {
        pending_command& pending = active_.front();
        finish(pending, with_outcome(reason, was_sent(pending) ? outcome::unknown : outcome::not_sent));
    }
    dialogue_.forget_all();
    events_.end();
    if (auto const waiting = std::exchange(connecting_, nullptr))
        waiting->post(why ? why : error_code(asio::error::operation_aborted));
    for (auto const& waiting : std::exchange(reason_waits_, {}))
        waiting->post(error_code(), reason_);
}

void session_impl::wait_closed(std::shared_ptr<waiting_reason> const& waiting)
{
    if (!*waiting)
        return;  // cancelled on its way here
    if (stage_ == stage::ended)
        waiting->post(error_code(), reason_);
    else
        reason_waits_.push_back(waiting);
}

void session_impl::cancel_wait_closed(std::shared_ptr<waiting_reason> const& waiting)
{
    std::erase(reason_waits_, waiting);
    if (*waiting)
        waiting->post(error_code(asio::error::operation_aborted), error_code());
}

void session_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    stage_ = stage::ended;
    if (auto const dial = std::exchange(dialer_, nullptr))
        dial->cancel();
    socket_.reset();
    timer_.reset();
    events_.abandon();
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

void session_impl::execute(std::shared_ptr<pending_command>&& what)
{
    pending_command* const pending = what.get();
    pending->kept = std::move(what);
    active_.push_back(*pending);
    if (pending->cancelled)
        refuse(*pending, asio::error::operation_aborted);
    else if (auto const error = submit(*pending))
        refuse(*pending, with_outcome(error, outcome::not_sent));
    else if (!dialogue_.output().empty())
        schedule_turn();
}

// If there is no memory for a turn either, the caller gets the exception, and the command must not complete as well.
void session_impl::refuse(pending_command& pending, error_code why)
try {
    finish(pending, why);
} catch (std::bad_alloc const&) {
    finished_.erase(finished_.iterator_to(pending));
    auto const dropped = std::exchange(pending.kept, nullptr);
    throw;
}

// When there is no memory, an exception must not leave the command in a list: for its caller the command would then complete
// twice.
error_code session_impl::submit(pending_command& pending)
try {
    if (stage_ != stage::open)
        return make_error_code(errc::disconnected);
    events_.used();
    // The kernel would report an error of the socket, which would end the session.
    if (carries_no_descriptor(pending.what()))
        return make_error_code(errc::closed_descriptor);
    pending.deadline = optional_deadline_after(pending.what().timeout().value_or(options_.command_timeout));
    if (pending.deadline != never) {
        arm_timer(pending.deadline);
        deadlines_.insert(deadlines_.end(), pending);
    }
    return dialogue_.submit(pending);
} catch (std::bad_alloc const&) {
    // A trace hook can run out of memory when the command is already on its way.
    bool const is_submitted = pending.where() != protocol::request::stage::idle;
    return is_submitted ? error_code() : make_error_code(errc::out_of_memory);
}

void session_impl::cancel(pending_command& pending, asio::cancellation_type kind)
{
    using protocol::request;
    bool const abandon = asks_to_abandon(kind);
    if (!pending.kept) {  // on its way here, or done
        pending.cancelled = true;
    } else if (pending.where() == request::stage::waiting || (abandon && pending.where() == request::stage::on_wire)) {
        give_up(pending, asio::error::operation_aborted);
    }
}

void session_impl::give_up(pending_command& pending, error_code why)
{
    finish(pending, why);
    dialogue_.abandon(pending);
}

void session_impl::finish(pending_command& pending, error_code error)
{
    if (pending.boost::intrusive::set_base_hook<boost::intrusive::tag<deadline_tag>>::is_linked())
        deadlines_.erase(deadlines_.iterator_to(pending));
    active_.erase(active_.iterator_to(pending));
    pending.error = error;
    if (error) {
        bool const aborted_on_wire =
            error == asio::error::operation_aborted && pending.where() == protocol::request::stage::on_wire;
        pending.answer() = reply::unanswered(aborted_on_wire || error == errc::outcome_unknown);
    }
    finished_.push_back(pending);
    schedule_turn();
}

}  // namespace coqmp::detail
