#include "machine/launching.hpp"

#include "detail/deadline.hpp"
#include "listener/listener_impl.hpp"
#include "machine/machine_accept.hpp"
#include "machine/machine_impl.hpp"
#include "machine/spec_check.hpp"
#include "session/session_impl.hpp"

#include <boost/asio/error.hpp>

#include <signal.h>

#include <algorithm>
#include <new>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

/// The end of a connection comes a little before the end of the process, whose exit status is worth waiting for.
constexpr auto exit_grace = 3s;

constexpr std::size_t lines_to_quote = 10;

/// What to append to a sentence: the last lines that the process wrote, if there are any.
std::string last_lines_of(std::string_view errors)
{
    errors = errors.substr(0, errors.find_last_not_of("\r\n \t") + 1);
    std::size_t begin = errors.size();
    for (std::size_t lines = 0; lines < lines_to_quote && begin != std::string_view::npos && begin > 0; ++lines)
        begin = errors.rfind('\n', begin - 1);
    if (begin != std::string_view::npos && begin < errors.size())
        errors.remove_prefix(begin == 0 ? 0 : begin + 1);
    return errors.empty() ? std::string() : ": " + std::string(errors);
}

std::string name_of(std::string const& program)
{
    return program.substr(program.rfind('/') + 1);  // npos + 1 is 0
}

}  // namespace

launching::launching(std::shared_ptr<machine_impl> machine, start_completion completion, std::shared_ptr<listener_impl> listener)
    : machine_(std::move(machine)),
      completion_(std::move(completion)),
      listener_(std::move(listener)),
      home_(std::make_shared<revocable_executor>(machine_->executor()))
{}

void launching::begin()
{
    if (auto const reason = why_it_cannot_start(machine_->spec()))
        return fail(errc::launch_failed, *reason);
    launch_ = std::make_shared<launch>(machine_->executor(),
                                       [self = shared_from_this()](launch::outcome& what) { self->take_process(what); });
    // Before the process is started: from now on its connection is not given to another accept.
    if (listener_ && !await_connection()) {
        launch_->abandon();
        return fail(errc::disconnected, "the listener was closed with its execution context");
    }
    arm_deadline(optional_deadline_after(machine_->spec().start_timeout));
    launch_->start(what_to_launch(), !listener_);
}

process_options launching::what_to_launch() const
{
    machine_spec const& spec = machine_->spec();
    process_options options{spec.program, spec.arguments,           spec.environment,
                            std::nullopt, spec.share_process_group, spec.error_tail};
    std::string const id = unused_chardev_id(spec);
    std::vector<std::string> monitor{"-chardev", "socket,id=" + id + ",fd=3", "-mon", "chardev=" + id + ",mode=control"};
    if (listener_)
        monitor = qemu_arguments(listener_->local(), id);
    options.arguments.insert(options.arguments.end(), monitor.begin(), monitor.end());
    return options;
}

/// @return false if the listener's execution context has ended
bool launching::await_connection()
{
    peer_requirements whom{listener_->options().peer_user, std::nullopt, nullptr};
    if (listener_->local().is_unix())
        whom.expected = launch_->expected();
    accept_ = std::make_shared<machine_accept>(std::move(whom), home_, weak_from_this());
    return listener_->accept_for_elsewhere(accept_);
}

// The listener does not wait for the number of the process any longer either.
void launching::stop_accepting()
{
    if (accept_)
        listener_->cancel(accept_);
}

void launching::take_process(launch::outcome& outcome)
{
    launch::outcome what = std::move(outcome);  // the helper thread may hold the original a little longer
    auto const started = what.process.process();
    try {
        if (started)
            machine_->take(std::make_shared<process>(machine_->executor(), std::move(what.process), machine_->spec().error_tail));
    } catch (boost::system::system_error const& error) {
        what.failure = "cannot start \"" + machine_->spec().program + "\": " + error.code().message();
    } catch (std::bad_alloc const&) {
        what.failure = "cannot start \"" + machine_->spec().program + "\": not enough memory";
    }
    if (!machine_->has_process()) {
        stop_accepting();
        return fail(errc::launch_failed, what.failure);
    }
    if (listener_) {
        // Only now: a message of the process must not be seen before the process itself.
        launch_->expected()->started(started->number(), [started] { return started->is_reaped(); });
        listener_->reconsider();
    }
    if (failure_)
        give_up(failure_);
    else if (ready_)
        complete({}, {});
    else if (!listener_)
        connect(std::move(what.monitor));
}

void launching::connect(unique_fd connection)
{
    if (!machine_ || failure_)
        return;
    start_connect(machine_->monitor(),
                  {[self = shared_from_this()](error_code error) { self->connected(error); }, machine_->executor()},
                  endpoint::descriptor(descriptor(connection.release())));
}

void launching::cannot_connect(error_code why)
{
    if (!machine_ || failure_)
        return;  // it ended the accept itself
    listener_closed_ = why == asio::error::operation_aborted;
    connected(why);
}

void launching::connected(error_code error)
{
    if (!machine_ || failure_)
        return;
    if (!error) {
        ready_ = true;
        if (machine_->has_process())
            complete({}, {});
        return;  // otherwise take_process() does it
    }
    if (error != errc::disconnected)
        return give_up(error);
    failure_ = error;
    auto const patience = deadline_after(exit_grace);
    bool const bounded = machine_->spec().start_timeout > 0s;
    arm_deadline(bounded ? std::min(patience, deadline_->expiry()) : patience);
}

void launching::arm_deadline(std::chrono::steady_clock::time_point when)
{
    if (!deadline_)
        deadline_.emplace(machine_->executor());
    deadline_->expires_at(when);
    if (when == std::chrono::steady_clock::time_point::max())
        return;
    deadline_->async_wait([self = shared_from_this()](error_code error) {
        if (!error)
            self->expire();
    });
}

// The start of a program on a file system that hangs cannot be ended, but the caller need not wait for it.
void launching::expire()
{
    if (!machine_)
        return;
    if (!failure_)
        failure_ = make_error_code(errc::timed_out);
    if (!machine_->has_process() && launch_->abandon())
        fail_with_reason();
    else
        give_up(failure_);
}

void launching::cancel()
{
    cancelled_ = true;
    if (machine_ && launch_)
        give_up(asio::error::operation_aborted);
}

void launching::give_up(error_code why)
{
    if (!machine_)
        return;
    if (!failure_)
        failure_ = why;
    if (!machine_->has_process()) {
        if (launch_->drop())
            fail_with_reason();
        return;  // otherwise take_process() calls this again
    }
    killed_ = true;
    deadline_->cancel();
    machine_->signal(SIGKILL);
    stop_accepting();
    machine_->monitor()->close();
}

void launching::process_ended()
{
    machine_->monitor()->close();
    fail_with_reason();
}

void launching::fail_with_reason()
{
    stop_accepting();
    std::string const name = name_of(machine_->spec().program);
    std::string const limit =
        (std::ostringstream() << std::chrono::duration<double>(machine_->spec().start_timeout).count()).str();
    std::string const errors = machine_->standard_error();
    bool const by_itself = machine_->status() && !killed_;
    error_code const code = by_itself ? make_error_code(errc::machine_exited) : failure_;
    std::ostringstream text;
    if (by_itself)
        text << name << ' ' << *machine_->status() << " before it was ready" << last_lines_of(errors);
    else if (code == errc::timed_out && !machine_->has_process())
        text << name << " was not started within " << limit << " s: programs are started one after the other";
    else if (code == errc::timed_out)
        text << name << " was not ready within " << limit << " s and was killed" << last_lines_of(errors);
    else if (code == asio::error::operation_aborted && listener_closed_)
        text << "the listener was closed before " << name << " connected";
    else if (code == asio::error::operation_aborted)
        text << "the start of " << name << " was cancelled";
    else if (!machine_->has_process())
        text << "cannot start " << name << ": " << code.message();
    else
        text << "cannot talk to " << name << " (" << code.message() << "); it was killed" << last_lines_of(errors);
    complete(code, start_diagnostics(text.str(), by_itself ? machine_->status() : std::nullopt, errors));
}

void launching::fail(error_code code, std::string const& message)
{
    complete(code, start_diagnostics(message, std::nullopt, {}));
}

void launching::complete(error_code error, start_diagnostics diagnostics)
{
    auto const machine = std::exchange(machine_, nullptr);
    home_->revoke();
    if (deadline_)
        deadline_->cancel();
    machine->start_is_over(*this);
    start_completion completion = std::move(*completion_);
    completion_.reset();
    completion.post(error, std::move(diagnostics));
}

void launching::abandon() noexcept
{
    home_->revoke();
    if (launch_)
        launch_->abandon();
    stop_accepting();
    deadline_.reset();
    auto const machine = std::exchange(machine_, nullptr);
    start_completion const dropped = std::move(*completion_);
    completion_.reset();
}

}  // namespace coqmp::detail
