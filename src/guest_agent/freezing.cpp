#include "guest_agent/freezing.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/error.hpp>

#include <utility>

namespace coqmp::detail {

using boost::system::error_code;

namespace {

// After the caller has closed the line, it is useless to try forever: the agent may be gone for good.
constexpr int most_failures_after_close = 3;

}  // namespace

reply refusal_while_frozen(std::string const& name)
{
    return reply(command_error{"CommandNotFound", "Command " + name + " has been disabled: the agent is in frozen state"});
}

void freezing::freeze(command_pointer const& what, freeze_state::ticket holder, std::chrono::nanoseconds limit)
{
    if (line_.is_closed() || what->cancelled)
        return line_.submit(what);
    if (!state_.begin(holder, limit))
        return what->complete({}, refusal_while_frozen(what->what.name()));
    what->on_end = [this, holder](bool is_abandoned, error_code error, reply const& answer) {
        if (is_abandoned)
            release(holder);
        freeze_ended(error, answer);
    };
    line_.submit(what);
}

void freezing::freeze_ended(error_code error, reply const& answer)
{
    auto how = freeze_state::outcome::unknown_or_failed;
    if (error && !answer.was_sent())
        how = freeze_state::outcome::never_sent;
    else if (!error && answer.has_value())
        how = freeze_state::outcome::frozen;
    state_.freeze_ended(how, line_.now());
}

void freezing::thaw(command_pointer const& what, freeze_state::ticket holder)
{
    if (what->cancelled)
        what->complete(boost::asio::error::operation_aborted, reply::unanswered(false));
    if (state_.release(holder, line_.now()))
        waits_.push_back(what);
    else
        what->complete(make_error_code(errc::thawed_early), reply::unanswered(false));
    proceed();
}

void freezing::proceed()
{
    state_.expire(line_.now());
    if (!state_.wants_thaw(line_.now()))
        return;
    state_.thaw_started();
    auto const ended = [this](bool, error_code error, reply const& answer) { thaw_ended(error, answer); };
    line_.submit_cleanup(command("guest-fsfreeze-thaw"), ended, true);
}

void freezing::thaw_ended(error_code error, reply const& answer)
{
    state_.thaw_ended(!error && answer.has_value(), line_.now());
    bool const is_hopeless = line_.is_closed() && state_.failures() >= most_failures_after_close;
    if (state_.where() == freeze_state::stage::thawing && (error == errc::disconnected || is_hopeless)) {
        state_.give_up();
        line_.log_error("The guest may still be frozen, because its agent has not answered guest-fsfreeze-thaw.");
    }
    for (command_pointer const& each : std::exchange(waits_, {}))
        each->complete(error, answer);
}

void freezing::destroy_handlers() noexcept
{
    for (command_pointer const& each : std::exchange(waits_, {}))
        each->handler.reset();
}

}  // namespace coqmp::detail
