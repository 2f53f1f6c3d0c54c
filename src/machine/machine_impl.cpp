#include "machine/machine_impl.hpp"

#include "detail/cancellation.hpp"
#include "machine/launching.hpp"
#include "machine/shutdown_ladder.hpp"
#include "session/session_impl.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>

#include <signal.h>

#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

session_options without_deadline(session_options options)
{
    options.connect_timeout = std::chrono::nanoseconds::zero();  // the start has one
    return options;
}

}  // namespace

machine_impl::machine_impl(asio::any_io_executor executor, machine_spec spec)
    : handler_registration(std::move(executor)),
      spec_(std::move(spec)),
      session_(this->executor(), without_deadline(spec_.session)),
      monitor_(session_.impl_.pointer())
{}

machine_impl::~machine_impl() = default;

// ---- From any thread -------------------------------------------------------------------------------------------------------

void machine_impl::start(pointer const& self, start_completion completion, std::shared_ptr<listener_impl> listener)
{
    auto const slot = completion.slot();
    auto const start = std::make_shared<launching>(self, std::move(completion), std::move(listener));
    on_cancellation(slot, self, start, [](machine_impl&, start_pointer const& which, asio::cancellation_type kind) {
        if ((kind & (asio::cancellation_type::terminal | asio::cancellation_type::partial)) != asio::cancellation_type::none)
            which->cancel();
    });
    asio::dispatch(self->executor(), [self, start] { self->begin(start); });
}

void machine_impl::start_wait(pointer const& self, exit_wait::handler_type handler,
                              std::optional<std::chrono::nanoseconds> budget)
{
    auto const slot = handler.slot();
    auto waiting = std::make_shared<exit_wait>(std::move(handler));
    on_cancellation(slot, self, waiting, [](machine_impl& state, wait_pointer const& which, asio::cancellation_type kind) {
        if (kind != asio::cancellation_type::none)
            state.cancel_wait(which);
    });
    asio::dispatch(self->executor(), [self, waiting = std::move(waiting), budget] { self->wait(waiting, budget); });
}

void machine_impl::close() noexcept
{
    if (!executor())
        return;  // the machine has ended with its context
    auto const self = shared_from_this();
    // In this order: the process must not be seen to end before it is known that the handle has gone.
    asio::dispatch(executor(), [self] { self->end(); });
    signal(SIGKILL);
}

void machine_impl::signal(int number) noexcept
{
    std::scoped_lock const lock(publishing_);
    if (process_)
        process_->signal(number);
    else if (launching_ && wanted_signal_ != SIGKILL)
        wanted_signal_ = number;
}

::pid_t machine_impl::pid() const noexcept
{
    std::scoped_lock const lock(publishing_);
    return process_ ? process_->pid() : -1;
}

std::string machine_impl::standard_error() const
{
    std::scoped_lock const lock(publishing_);
    return process_ ? process_->standard_error() : std::string();
}

// ---- Starting --------------------------------------------------------------------------------------------------------------

void machine_impl::begin(start_pointer const& start)
{
    if (closed_ || start->is_cancelled())
        return start->fail(asio::error::operation_aborted, "the start of the machine was cancelled");
    if (std::exchange(started_, true))
        return start->fail(errc::already_started, "the machine was started before; make a new one");
    starting_ = start;
    {
        std::scoped_lock const lock(publishing_);
        launching_ = true;
    }
    start->begin();
}

void machine_impl::take(std::shared_ptr<process> started)
{
    {
        std::scoped_lock const lock(publishing_);
        process_ = std::move(started);
        launching_ = false;
        if (wanted_signal_ != 0)
            process_->signal(wanted_signal_);
    }
    process_->watch([self = shared_from_this()](exit_status status) { self->exited(status); });
}

void machine_impl::start_is_over(launching const& start)
{
    if (starting_.get() != &start)
        return;
    starting_.reset();
    if (process_)
        return;
    {
        std::scoped_lock const lock(publishing_);
        launching_ = false;
    }
    end_waits(make_error_code(errc::not_running));
}

// ---- Ending ----------------------------------------------------------------------------------------------------------------

void machine_impl::wait(wait_pointer const& wait, std::optional<std::chrono::nanoseconds> budget)
{
    if (closed_ || wait->cancelled)
        return complete_wait(*wait, asio::error::operation_aborted);
    if (status_)
        return complete_wait(*wait, {});
    if (!process_ && !starting_)
        return complete_wait(*wait, make_error_code(errc::not_running));
    waits_.push_back(wait);
    if (!budget)
        return;
    auto const send = [state = weak_from_this()](int number) {
        if (auto const self = state.lock())
            self->signal(number);
    };
    wait->ladder = std::make_shared<shutdown_ladder>(executor(), monitor_, send, *budget);
    wait->ladder->start();
}

void machine_impl::cancel_wait(wait_pointer const& wait)
{
    wait->cancelled = true;
    if (std::erase(waits_, wait) > 0)
        complete_wait(*wait, asio::error::operation_aborted);
}

void machine_impl::complete_wait(exit_wait& wait, error_code error)
{
    if (wait.ladder)
        wait.ladder->stop();
    wait.waiting.post(error, status_.value_or(exit_status()));
}

void machine_impl::exited(exit_status status)
{
    status_ = status;
    if (auto const start = starting_)
        start->process_ended();
    end_waits({});
}

void machine_impl::end_waits(error_code error)
{
    for (wait_pointer const& wait : std::exchange(waits_, {}))
        complete_wait(*wait, error);
}

void machine_impl::end()
{
    if (std::exchange(closed_, true))
        return;
    end_waits(asio::error::operation_aborted);
    if (auto const start = starting_)
        start->give_up(asio::error::operation_aborted);
    monitor_->close();
    signal(SIGKILL);
}

// The context's objects end with it, and so does the machine. The handle may outlive both.
void machine_impl::destroy_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    closed_ = true;
    std::shared_ptr<process> killed;
    {
        std::scoped_lock const lock(publishing_);
        killed.swap(process_);
        launching_ = false;
    }
    if (killed)
        killed->end();
    auto const start = std::exchange(starting_, nullptr);
    auto const waits = std::exchange(waits_, {});
    std::vector<exit_wait::handler_type> dropped;
    for (wait_pointer const& wait : waits) {
        if (wait->ladder)
            wait->ladder->stop();
        wait->ladder.reset();
        dropped.push_back(std::move(wait->waiting));
    }
    if (start)
        start->abandon();
}

}  // namespace coqmp::detail
