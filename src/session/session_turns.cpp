// What a session does when bytes arrive, when bytes can be sent and when a deadline has passed, and how it then runs its
// handlers.
#include "session/session_impl.hpp"

#include "detail/harmless_text.hpp"
#include "detail/outcome.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <functional>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

/// Size of the buffer that all sessions of a thread share.
constexpr std::size_t shared_size = std::size_t{64} << 10;

/// Shortens a sentence for the log, because it may quote any number of the peer's bytes.
std::string shortened(std::string sentence)
{
    constexpr std::size_t longest = 1000;
    if (sentence.size() <= longest)
        return sentence;
    auto const continues_a_character = [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; };
    std::size_t end = longest;
    while (end > 0 && continues_a_character(sentence[end]))
        --end;
    return sentence.substr(0, end) + "...";
}

}  // namespace

// ---- Bytes -----------------------------------------------------------------------------------------------------------------

// To wait for something to read costs a call of epoll_ctl() for each message. To read into a buffer would cost a recv() that finds
// nothing instead (Asio 1.81 tries at once), a buffer for each session, and bytes in it that a deadline has to wait for.
void session_impl::read()
{
    // Memory of its own: what handlers start in between would take that which Asio keeps for the next operation.
    auto on_readable = [self = shared_from_this()](error_code) { self->on_readable(); };
    socket_->async_wait(stream_socket::wait_read,
                        asio::bind_allocator(handler_allocator<void>(read_memory_), std::move(on_readable)));
}

void session_impl::on_readable()
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

void session_impl::read_on()
{
    if (stage_ != stage::ended)
        read();
}

// After an exception some of the bytes that were read are lost, and so is the conversation. An exception of a hook goes to the
// caller of run(). A lack of memory ends only this session: the others on the executor go on.
void session_impl::take_in(int most_rounds)
try {
    drain(most_rounds);
} catch (std::bad_alloc const&) {
    end(make_error_code(errc::out_of_memory));
} catch (...) {
    end(make_error_code(errc::disconnected));
    turning_ = false;
    schedule_turn();
    throw;
}

// An idle session has no buffer: all sessions of a thread share one.
void session_impl::drain(int most_rounds)
{
    thread_local std::vector<char> shared;
    shared.resize(shared_size);
    for (int round = 0; round < most_rounds && (stage_ == stage::open || stage_ == stage::greeting); ++round) {
        error_code error;
        std::size_t const size = receive_some(*socket_, shared, error);
        receive(std::string_view(shared.data(), size));
        if (error)
            end(make_error_code(errc::disconnected));
        if (size < shared_size)
            return;
    }
}

void session_impl::receive(std::string_view input)
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

void session_impl::handle(protocol::action& next)
{
    if (auto const* reply = std::get_if<protocol::answered>(&next)) {
        finish(static_cast<pending_command&>(*reply->which), {});
    } else if (auto* event = std::get_if<protocol::happened>(&next)) {
        events_.publish(std::move(event->what), dialogue_.last_message_memory());
    } else if (std::holds_alternative<protocol::ready>(next)) {
        became_ready();
    } else if (auto const* over = std::get_if<protocol::ended>(&next)) {
        if (options_.log && !dialogue_.refusal().empty())
            options_.log(shortened(harmless("The peer refused the negotiation: " + dialogue_.refusal())));
        end(over->why);
    } else if (auto const* odd = std::get_if<protocol::ignored>(&next)) {
        if (options_.log)
            options_.log(shortened(harmless(odd->sentence)));
    }
}

void session_impl::trace_received(std::string_view bytes)
{
    traced_ += bytes;
    if (dialogue_.inside_message())
        return;
    std::string_view message = traced_;
    message.remove_prefix(std::min(message.find('{'), message.size()));
    if (!message.empty())
        options_.trace(direction::received, message);
    traced_.clear();
    if (traced_.capacity() > shared_size)
        std::string().swap(traced_);  // frees the buffer of a large message
}

bool session_impl::can_write() const noexcept
{
    return !dialogue_.output().empty() && !waiting_to_write_ && !write_failed_ && stage_ != stage::ended;
}

void session_impl::write()
{
    if (can_write())
        end_what_is_late();  // before it is sent: then it does not depend on how fast the answer is
    while (can_write()) {
        error_code error;
        std::size_t const size = send_some(*socket_, dialogue_.output(), dialogue_.output_descriptors(), error);
        if (error) {
            // The bytes that the peer sent before it left are still to be read, and then the end.
            write_failed_ = true;
            error_code ignored;
            socket_->shutdown(stream_socket::shutdown_both, ignored);
        } else if (size != 0) {
            dialogue_.sent(size);
        } else {
            socket_->async_wait(stream_socket::wait_write, [self = shared_from_this()](error_code) {
                self->waiting_to_write_ = false;
                self->write();
            });
            waiting_to_write_ = true;  // only now: there may be no memory to wait
        }
    }
}

// ---- Time ------------------------------------------------------------------------------------------------------------------

// One timer for all deadlines: most are never reached, so it is set again only for an earlier one.
void session_impl::arm_timer(clock::time_point deadline)
{
    if (deadline >= timer_deadline_)
        return;
    timer_deadline_ = never;  // if there is no memory for this wait, the wait that it cancels arms the timer again
    timer_->expires_at(deadline);
    timer_->async_wait([self = shared_from_this()](error_code error) {
        if (!error)
            self->on_timer();
        else if (self->timer_deadline_ == never)
            self->arm_timer();
    });
    timer_deadline_ = deadline;
}

void session_impl::arm_timer()
{
    if (stage_ == stage::ended)
        return;
    arm_timer(connect_deadline_);
    if (!deadlines_.empty())
        arm_timer(deadlines_.begin()->deadline);
}

void session_impl::on_timer()
{
    if (stage_ == stage::ended)
        return;
    timer_deadline_ = never;
    turning_ = true;
    end_what_is_late();
    arm_timer();
    turn();
}

void session_impl::end_what_is_late()
{
    auto const now = clock::now();
    bool const late = connect_deadline_ <= now || (!deadlines_.empty() && deadlines_.begin()->deadline <= now);
    if (!late)
        return;
    take_in(16);  // an answer that has arrived wins, even if this process was too slow to read it
    if (connect_deadline_ <= now && stage_ != stage::ended) {
        bool const silent = stage_ == stage::greeting && dialogue_.counters().bytes_received.read() == 0;
        end(make_error_code(silent ? errc::monitor_busy : errc::timed_out));
    }
    time_out(now);
}

void session_impl::time_out(clock::time_point now)
{
    std::vector<pending_command*> late;
    auto end = deadlines_.begin();
    for (; end != deadlines_.end() && end->deadline <= now; ++end)
        late.push_back(&*end);
    deadlines_.erase(deadlines_.begin(), end);
    // The last one first: abandoning one may make room for those behind it, and no expired command may be sent then.
    std::ranges::sort(late, std::greater(), [](pending_command const* each) { return each->number(); });
    for (pending_command* each : late) {
        bool const on_wire = each->where() == protocol::request::stage::on_wire;
        give_up(*each, with_outcome(errc::timed_out, on_wire ? outcome::unknown : outcome::not_sent));
    }
}

// ---- Handlers --------------------------------------------------------------------------------------------------------------

void session_impl::schedule_turn()
{
    if (turning_ || std::exchange(turn_scheduled_, true))
        return;
    try {
        asio::post(executor(), [self = shared_from_this()] {
            self->turn_scheduled_ = false;
            self->turn();
        });
    } catch (std::bad_alloc const&) {
        // Cancelling the wait for readable bytes takes no memory, and causes a turn as well.
        turn_scheduled_ = false;
        error_code failure;
        socket_->cancel(failure);
        if (failure)
            throw;
    }
}

// All commands that earlier handlers submitted go out in one write.
void session_impl::turn()
{
    turning_ = true;
    struct guard  // a handler may throw: the others must still run
    {
        session_impl& state;
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

void session_impl::run_handlers()
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
