#include "machine/shutdown_ladder.hpp"

#include <boost/asio/bind_executor.hpp>

#include <signal.h>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

bool says_that_it_does_not_run(error_code error, reply const& answer)
{
    if (error || !answer.has_value() || !answer.value().is_object())
        return false;
    json::value const* const running = answer.value().get_object().if_contains("running");
    return running != nullptr && running->is_bool() && !running->get_bool();
}

}  // namespace

shutdown_ladder::shutdown_ladder(asio::any_io_executor const& executor, std::shared_ptr<session_impl> monitor,
                                 std::function<void(int)> signal, std::chrono::nanoseconds budget)
    : monitor_(std::move(monitor)), signal_(std::move(signal)), begin_(clock::now()), budget_(budget), timer_(executor)
{}

void shutdown_ladder::start()
{
    if (budget_ < budget_.zero())
        descend(rung::kill);
    else
        descend(rung::powerdown);
}

void shutdown_ladder::stop() noexcept
{
    rung_ = rung::stopped;
    timer_.cancel();
    if (guest_)
        guest_->close();
}

shutdown_ladder::clock::time_point shutdown_ladder::end_of(rung which) const noexcept
{
    bool const is_unlimited = budget_ == budget_.zero() || budget_ >= clock::time_point::max() - begin_;
    if (is_unlimited)
        return clock::time_point::max();
    int const eighths = which == rung::powerdown ? 4 : which == rung::quit ? 5 : 6;
    return begin_ + budget_ / 8 * eighths;
}

void shutdown_ladder::descend(rung next)
{
    rung_ = next;
    if (next == rung::kill) {
        timer_.cancel();
        signal_(SIGKILL);
        return;
    }
    timer_.expires_at(end_of(next));  // which may be never
    timer_.async_wait([self = shared_from_this(), next](error_code error) {
        if (!error && self->rung_ == next)
            self->descend(static_cast<rung>(static_cast<std::uint8_t>(next) + 1));
    });
    switch (next) {
        case rung::powerdown:
            await_guest();
            leave_if_it_does_not_run([this](error_code error) { error ? descend(rung::quit) : press_power_button(); });
            return;
        case rung::quit:
            execute("quit", [this](error_code error, reply const& answer) {
                // QEMU may be gone before it answers: only what was not sent, or what was refused, cannot work.
                if (error == errc::not_sent || (!error && answer.has_error()))
                    descend(rung::terminate);
            });
            return;
        default:
            signal_(SIGTERM);
    }
}

// With `-no-shutdown` QEMU goes on running after its guest has shut down. Without it QEMU is about to end, and no longer
// answers.
void shutdown_ladder::await_guest()
{
    guest_ = monitor_->events().expect(event_filter("SHUTDOWN"));
    auto happened = [self = shared_from_this()](error_code error, event const&) {
        if (!error && self->rung_ == rung::powerdown)
            self->leave_if_it_does_not_run([](error_code) {});
    };
    start_next(guest_, {asio::bind_executor(timer_.get_executor(), std::move(happened)), timer_.get_executor()});
}

void shutdown_ladder::leave_if_it_does_not_run(std::function<void(error_code)> otherwise)
{
    execute("query-status", [this, otherwise = std::move(otherwise)](error_code error, reply const& answer) {
        if (says_that_it_does_not_run(error, answer))
            descend(rung::quit);
        else
            otherwise(error);
    });
}

void shutdown_ladder::press_power_button()
{
    execute("system_powerdown", [this](error_code failure, reply const& refusal) {
        if (failure || refusal.has_error())
            descend(rung::quit);
    });
}

void shutdown_ladder::execute(char const* name, std::function<void(error_code, reply)> done)
{
    command what(name);
    auto const end = end_of(rung_);
    bool const is_unlimited = end == clock::time_point::max();
    what.timeout(is_unlimited ? std::chrono::nanoseconds::zero()
                              : std::max<std::chrono::nanoseconds>(end - clock::now(), std::chrono::nanoseconds(1)));
    auto answered = [self = shared_from_this(), now = rung_, done = std::move(done)](error_code error, reply answer) {
        if (self->rung_ == now)
            done(error, std::move(answer));
    };
    start_execute(monitor_, {asio::bind_executor(timer_.get_executor(), std::move(answered)), timer_.get_executor()},
                  std::move(what));
}

}  // namespace coqmp::detail
