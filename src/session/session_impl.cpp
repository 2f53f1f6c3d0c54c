#include "session/session_impl.hpp"

#include "detail/log.hpp"
#include "detail/post_reserved.hpp"
#include "detail/random_nonce.hpp"

#include <new>
#include <string>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

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

}  // namespace

session_impl::session_impl(asio::any_io_executor executor, session_options options)
    : handler_registration(std::move(executor)),
      options_(std::move(options)),
      dialogue_(core_options(options_)),
      events_(this->executor(), options_.event_capacity, options_.event_bytes, options_.early_events),
      transport_(*this),
      deadlines_(this->executor(), *this),
      commands_(dialogue_, deadlines_, options_.command_timeout),
      texts_(dialogue_, events_, commands_),
      connector_(*this, deadlines_, options_.connect_timeout),
      // Posting a turn to a strand may fail for lack of memory; ending the pending wait for input does not need any.
      turns_(*this, [](session_impl& self) noexcept { return self.transport_.interrupt_read(); })
{}

session_counters session_impl::counters() const noexcept
{
    session_counters result = dialogue_.counters().snapshot();
    result.events_lost = events_.lost();
    return result;
}

void session_impl::close() noexcept
{
    if (!executor() || close_requested_.exchange(true))
        return;  // it has ended with its context, or will end soon
    auto self = std::static_pointer_cast<session_impl>(shared_from_this());
    dispatch_reserved(executor(), close_memory_, [self = std::move(self)] { self->end({}); });
}

// ---- Beginning and end -----------------------------------------------------------------------------------------------------

void session_impl::begin(stream_socket&& connected, bool is_shared)
{
    transport_.open(std::move(connected), is_shared);
    if (dialogue_.is_ready())
        became_ready();
    else if (!dialogue_.output().empty())
        turns_.schedule();  // it speaks first: see resume()
}

void session_impl::became_ready()
{
    negotiated_.store(true, std::memory_order_release);
    connector_.succeed();
    turns_.schedule();
}

// Allocates nothing: what waits for this completes in the next turn.
void session_impl::end(error_code why)
{
    if (ended())
        return;
    waits_.end(why);
    transport_.close();
    connector_.end(why);
    commands_.finish_all(why ? why : make_error_code(errc::disconnected));
    deadlines_.close();
    dialogue_.reset();
    events_.end();
    turns_.schedule();
}

void session_impl::close(std::shared_ptr<plain_handler> const& waiting)
{
    waits_.close(waiting);
    end({});
    turns_.schedule();
}

void session_impl::wait_closed(std::shared_ptr<end_handler> const& waiting)
{
    if (!*waiting)
        return;  // cancelled on its way here
    waits_.wait_closed(waiting);
    turns_.schedule();
}

void session_impl::serve_proxy(std::weak_ptr<event_observer> observer)
{
    events_.show_to(std::move(observer));
    dialogue_.omit_lone_ids();
}

void session_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    if (!ended())
        waits_.end({});
    transport_.reset();
    deadlines_.reset();
    dialogue_.reset();
    events_.abandon();
    commands_.destroy_handlers();
    connector_.destroy_handlers();
    waits_.destroy_handlers();
}

// ---- Commands --------------------------------------------------------------------------------------------------------------

void session_impl::execute(std::shared_ptr<pending_command>&& command)
{
    pending_command& submitted = *command;
    commands_.submit(std::move(command), negotiated() != nullptr && !ended());
    try {
        turns_.schedule();
    } catch (std::bad_alloc const&) {
        // The caller gets the exception, and the command must not complete as well. (It is finished: for an open session a
        // turn needs no memory.)
        commands_.withdraw(submitted);
        throw;
    }
}

void session_impl::cancel(pending_command& command, asio::cancellation_type kind)
{
    commands_.cancel(command, kind);
    turns_.schedule();
}

// ---- Turns -----------------------------------------------------------------------------------------------------------------

void session_impl::on_readable()
{
    if (ended() && (turns_.is_scheduled() || !has_work()))
        return;
    turns_.run([this] {
        pump(1);  // not more events than a stream holds before its reader can run on this thread
        flush_and_dispatch();
    });
}

void session_impl::on_turn()
{
    turns_.run([this] { flush_and_dispatch(); });
}

// All commands that earlier handlers submitted go out in one write. The peer works while the handlers run.
void session_impl::flush_and_dispatch()
{
    expire_deadlines();  // before it is sent: then it does not depend on how fast the answer is
    transport_.flush(dialogue_);
    connector_.dispatch();
    commands_.dispatch();
    waits_.dispatch(!commands_.has_finished());
    if (!transport_.can_write() || dialogue_.output().empty())
        return;
    expire_deadlines();
    transport_.flush(dialogue_);
}

bool session_impl::has_work() const noexcept
{
    bool const can_flush = transport_.can_write() && !dialogue_.output().empty();
    return connector_.has_finished() || commands_.has_finished() || waits_.has_finished() || can_flush;
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
        while (!input.empty() && !ended()) {
            if (texts_.pass_on(input))
                continue;
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
        bool const is_silent = transport_.is_open() && dialogue_.counters().bytes_received.read() == 0;
        end(make_error_code(is_silent ? errc::monitor_busy : errc::timed_out));
    }
    commands_.expire_commands(now);
    deadlines_.expire_events(now);
    deadlines_.arm();
}

}  // namespace coqmp::detail
