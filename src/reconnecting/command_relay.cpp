#include "reconnecting/command_relay.hpp"

#include "detail/deadline_after.hpp"
#include "detail/outcome.hpp"
#include "reconnecting/reconnecting_impl.hpp"
#include "session/awaited_event.hpp"
#include "session/session_impl.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

/// Whether a command was not sent because its connection has ended, so that it may be sent through the next one.
bool is_left_behind(session_impl const& session, error_code error) noexcept
{
    bool const is_refused = error == errc::timed_out || error == errc::arguments_too_deep || error == errc::arguments_too_large ||
                            error == errc::arguments_not_json || error == errc::out_of_band_unavailable ||
                            error == errc::too_many_descriptors || error == errc::closed_descriptor;
    return session.ended() && error == errc::not_sent && !is_refused;
}

}  // namespace

command_relay::command_relay(reconnecting_impl& owner, reconnect_options const& options) noexcept
    : owner_(owner),
      default_timeout_(options.session.command_timeout),
      unsent_(options.unsent),
      most_waiting_(options.most_waiting)
{}

void command_relay::start(relayed_list& one, time_point now)
{
    relayed_command& command = *one.front();
    command.number = ++started_;
    command.deadline = optional_deadline_after(command.what.timeout().value_or(default_timeout_), now);
    if (session_ && session_->ended())
        session_.reset();  // the owner will hear of it soon
    if (command.is_cancelled)
        finish(one, asio::error::operation_aborted);
    else if (session_)
        submit(one, now);
    else if (can_wait())
        hold(one);
    else
        finish(one, with_outcome(errc::disconnected, outcome::not_sent));
}

bool command_relay::withdraw(relayed_command& command) noexcept
{
    if (command.stage != relay_stage::finished)
        return false;
    relayed_list const dropped = take(command);
    return true;
}

void command_relay::cancel(relayed_command& command, asio::cancellation_type kind)
{
    if (kind == asio::cancellation_type::none)
        return;
    if (command.stage == relay_stage::arriving) {
        command.is_cancelled = true;
    } else if (command.stage == relay_stage::waiting) {
        relayed_list one = take(command);
        finish(one, asio::error::operation_aborted);
    } else if (command.stage == relay_stage::submitted) {
        command.session->cancel(*command.submitted, kind);
    }
}

void command_relay::connect(std::shared_ptr<session_impl> const& session, time_point now)
{
    session_ = session;
    relayed_list waited = std::exchange(waiting_, {});
    while (!waited.empty()) {
        relayed_list one;
        one.splice(one.end(), waited, waited.begin());
        submit(one, now);
    }
}

void command_relay::close() noexcept
{
    is_closed_ = true;
    session_.reset();
    while (!waiting_.empty()) {
        relayed_list one = take(*waiting_.front());
        finish(one, with_outcome(errc::disconnected, outcome::not_sent));
    }
}

command_relay::time_point command_relay::earliest() const noexcept
{
    time_point result = time_point::max();
    for (auto const& each : waiting_)
        result = std::min(result, each->deadline);
    return result;
}

void command_relay::expire(time_point now) noexcept
{
    for (auto next = waiting_.begin(); next != waiting_.end();) {
        relayed_command& each = **next++;
        if (each.deadline > now)
            continue;
        relayed_list one = take(each);
        finish(one, with_outcome(errc::timed_out, outcome::not_sent));
    }
}

void command_relay::dispatch()
{
    // A handler may run the context itself, and so this function: then there are fewer than there were.
    for (std::size_t count = finished_.size(); count != 0 && !finished_.empty(); --count) {
        relayed_list const one = take(*finished_.front());
        relayed_command& command = *one.front();
        command.handler.complete(command.error, std::move(command.answer));
    }
}

void command_relay::destroy_handlers() noexcept
{
    is_closed_ = true;
    auto const session = std::exchange(session_, nullptr);
    auto const waiting = std::exchange(waiting_, {});
    auto const submitted = std::exchange(submitted_, {});
    auto const finished = std::exchange(finished_, {});
}

void command_relay::submit(relayed_list& one, time_point now)
{
    relayed_command& command = *one.front();
    if (command.deadline <= now)
        return finish(one, with_outcome(errc::timed_out, outcome::not_sent));
    try {
        command.what.timeout(command.deadline == time_point::max() ? std::chrono::nanoseconds::zero() : command.deadline - now);
        auto pending = make_pending(std::move(command.what));
        // The command must not own the handler, which owns it as long as the session has it.
        auto done = [this, alive = owner_.shared_from_this(), weak = std::weak_ptr(one.front())](error_code error, reply answer) {
            if (auto const finished = weak.lock())
                answered(*finished, error, std::move(answer));
        };
        pending->handler.emplace(std::move(done), owner_.executor());
        if (command.consequences && command.consequences->until) {
            auto caused = once_sent(session_, pending, *command.consequences->until);
            command.consequences->wait = session_->events().expect(std::move(caused));
            pending->awaited_event = command.consequences->wait;
        }
        command.session = session_;
        command.submitted = pending;
        command.stage = relay_stage::submitted;
        command.place = one.begin();
        submitted_.splice(submitted_.end(), one);
        session_->execute(std::move(pending));
    } catch (std::bad_alloc const&) {
        if (one.empty())
            one = take(command);
        finish(one, with_outcome(errc::out_of_memory, outcome::not_sent));
    }
}

// Called by the session where all handlers run.
void command_relay::answered(relayed_command& command, error_code error, reply&& answer)
{
    if (command.stage != relay_stage::submitted)
        return;
    relayed_list one = take(command);
    auto const session = std::exchange(command.session, nullptr);
    auto const submitted = std::exchange(command.submitted, nullptr);
    if (command.consequences)
        command.consequences->peer_left = is_peers_end(*session, error);
    if (is_left_behind(*session, error) && can_wait()) {
        command.what = submitted->take_command();
        hold(one);
        owner_.on_commands_changed();
    } else {
        command.stage = relay_stage::finished;  // in no list any more: a late cancellation finds nothing to do
        owner_.on_commands_changed();
        command.handler.complete(error, std::move(answer));
    }
}

void command_relay::hold(relayed_list& one) noexcept
{
    relayed_command& command = *one.front();
    auto next = waiting_.end();
    while (next != waiting_.begin() && (*std::prev(next))->number > command.number)
        --next;
    command.stage = relay_stage::waiting;
    command.place = one.begin();
    waiting_.splice(next, one);
}

void command_relay::finish(relayed_list& one, error_code error) noexcept
{
    relayed_command& command = *one.front();
    command.error = error;
    command.answer = reply::unanswered(false);
    command.stage = relay_stage::finished;
    command.place = one.begin();
    command.session.reset();
    command.submitted.reset();
    finished_.splice(finished_.end(), one);
}

bool command_relay::can_wait() const noexcept
{
    return unsent_ == unsent_commands::wait && !is_closed_ && waiting_.size() < most_waiting_;
}

relayed_list& command_relay::list_of(relay_stage stage) noexcept
{
    if (stage == relay_stage::waiting)
        return waiting_;
    return stage == relay_stage::submitted ? submitted_ : finished_;
}

/// Takes a command out of the list that it is in.
relayed_list command_relay::take(relayed_command& command) noexcept
{
    relayed_list one;
    one.splice(one.end(), list_of(command.stage), command.place);
    return one;
}

}  // namespace coqmp::detail
