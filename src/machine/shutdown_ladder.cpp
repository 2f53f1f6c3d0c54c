#include "machine/shutdown_ladder.hpp"

#include "detail/json_access.hpp"
#include "guest_agent/guest_agent_impl.hpp"

#include <coqmp/guest_agent_options.hpp>

#include <boost/asio/bind_executor.hpp>

#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

using namespace std::chrono_literals;

/// An agent that runs answers within milliseconds, also in a guest that is busy.
constexpr auto time_for_agent = 5s;

constexpr std::array<std::string_view, 7> passing_states = {"paused",         "io-error",  "save-vm", "restore-vm",
                                                            "finish-migrate", "suspended", "debug"};

bool says_that_it_does_not_run(error_code error, reply const& answer)
{
    if (error || !answer.has_value() || !answer.value().is_object())
        return false;
    json::value const* const running = answer.value().get_object().if_contains("running");
    return running != nullptr && running->is_bool() && !running->get_bool();
}

/// The same, and that it is in no state from which another client, more space on a disk, or the end of a snapshot or a migration
/// may continue it: then it still has its time to shut down.
bool says_that_it_will_not_run_again(error_code error, reply const& answer)
{
    if (!says_that_it_does_not_run(error, answer))
        return false;
    std::string_view const state = text_in(answer.value().get_object(), "status");
    return std::ranges::find(passing_states, state) == passing_states.end();
}

}  // namespace

shutdown_ladder::shutdown_ladder(asio::any_io_executor const& executor, std::shared_ptr<session_impl> monitor,
                                 std::function<void(int)> signal, shutdown_options const& options)
    : monitor_(std::move(monitor)),
      agent_address_(options.agent_address()),
      agent_(options.agent()),
      signal_(std::move(signal)),
      plan_(options, clock::now()),
      timer_(executor)
{}

void shutdown_ladder::start()
{
    take_step();
    await_time();
}

void shutdown_ladder::hurry(shutdown_options const& options)
{
    shutdown_step const before = plan_.step();
    plan_.hurry(options, clock::now());
    if (plan_.step() != before)
        take_step();
    await_time();
}

void shutdown_ladder::extend(std::chrono::nanoseconds by)
{
    if (stopped_)
        return;
    plan_.extend(by, clock::now());
    await_time();
}

void shutdown_ladder::stop() noexcept
{
    stopped_ = true;
    timer_.cancel();
    if (guest_)
        guest_->close();
    if (own_agent_)
        own_agent_->close();
}

void shutdown_ladder::advance()
{
    plan_.advance();
    take_step();
    await_time();
}

void shutdown_ladder::await_time()
{
    timer_.expires_at(plan_.next_time());
    if (plan_.next_time() == clock::time_point::max())
        return;
    timer_.async_wait([self = shared_from_this()](error_code error) {
        if (error || self->stopped_)
            return;
        if (self->plan_.expire(clock::now()))
            self->take_step();
        else if (self->plan_.press(clock::now()))
            self->press_power_button();
        self->await_time();
    });
}

void shutdown_ladder::take_step()
{
    switch (plan_.step()) {
        case shutdown_step::guest:
            await_guest();
            leave_if(says_that_it_does_not_run, [this](error_code error) { error ? advance() : ask_guest(); });
            return;
        case shutdown_step::quit:
            return quit();
        case shutdown_step::terminate:
            return signal_(SIGTERM);
        default:
            signal_(SIGKILL);
    }
}

// With `-no-shutdown` QEMU goes on running after its guest has shut down, and sends SHUTDOWN and then STOP. Without it QEMU ends
// after SHUTDOWN, and must not be asked then: see run_state_record::filter().
void shutdown_ladder::await_guest()
{
    guest_ = monitor_->events().expect(event_filter("STOP"));
    auto happened = [self = shared_from_this()](error_code error, event const&) {
        if (!error && !self->stopped_ && self->plan_.step() == shutdown_step::guest)
            self->leave_if(says_that_it_will_not_run_again, [self = self.get()](error_code) { self->await_guest(); });
    };
    start_next(guest_, {asio::bind_executor(timer_.get_executor(), std::move(happened)), timer_.get_executor()});
}

void shutdown_ladder::leave_if(judgement is_over, std::function<void(error_code)> otherwise)
{
    execute("query-status", [this, is_over, otherwise = std::move(otherwise)](error_code error, reply const& answer) {
        if (is_over(error, answer))
            advance();
        else
            otherwise(error);
    });
}

void shutdown_ladder::ask_guest()
{
    if (agent_address_)
        return connect_agent();
    if (!agent_ || !agent_->executor())  // none once its execution context has ended
        return press_power_button();
    ask_agent();
}

// QEMU's socket takes one client at a time, and accepts a connection also if no agent runs in the guest.
void shutdown_ladder::connect_agent()
try {
    guest_agent_options limits;
    limits.session.connect_timeout = time_for_agent;
    own_agent_.emplace(timer_.get_executor(), std::move(limits));
    auto connected = [self = shared_from_this(), now = plan_.step()](error_code failure) {
        if (self->stopped_ || self->plan_.step() != now)
            return;
        if (failure) {
            self->own_agent_->close();
            return self->press_power_button();
        }
        self->agent_ = impl_of(*self->own_agent_);
        self->ask_agent();
    };
    own_agent_->async_connect(*agent_address_, asio::bind_executor(timer_.get_executor(), std::move(connected)));
} catch (std::exception const&) {  // no memory, or too many files
    press_power_button();
}

void shutdown_ladder::ask_agent()
{
    // A guest that shuts down never answers: an agent that has received the command has done its part.
    start_agent_execute(agent_, in_this_step([this](error_code failure, reply const& refusal) {
                            if (failure || refusal.has_error())
                                press_power_button();
                        }),
                        for_this_step("guest-shutdown"));
}

void shutdown_ladder::press_power_button()
{
    execute("system_powerdown", [this](error_code failure, reply const& refusal) {
        if (failure || refusal.has_error())
            advance();
    });
}

void shutdown_ladder::quit()
{
    execute("quit", [this](error_code error, reply const& answer) {
        // QEMU may be gone before it answers: only what was not sent, or what was refused, cannot work.
        if (error == errc::not_sent || (!error && answer.has_error()))
            advance();
    });
}

void shutdown_ladder::execute(char const* name, std::function<void(error_code, reply)> done)
{
    start_execute(monitor_, in_this_step(std::move(done)), for_this_step(name));
}

command shutdown_ladder::for_this_step(char const* name) const
{
    command request(name);
    auto const end = plan_.end_of_step();
    bool const is_unlimited = end == clock::time_point::max();
    request.timeout(is_unlimited ? std::chrono::nanoseconds::zero()
                                 : std::max<std::chrono::nanoseconds>(end - clock::now(), std::chrono::nanoseconds(1)));
    return request;
}

pending_handler<void(error_code, reply)> shutdown_ladder::in_this_step(std::function<void(error_code, reply)> done)
{
    auto answered = [self = shared_from_this(), now = plan_.step(), done = std::move(done)](error_code error, reply answer) {
        if (!self->stopped_ && self->plan_.step() == now)
            done(error, std::move(answer));
    };
    return {asio::bind_executor(timer_.get_executor(), std::move(answered)), timer_.get_executor()};
}

}  // namespace coqmp::detail
