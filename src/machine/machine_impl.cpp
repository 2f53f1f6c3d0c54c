#include "machine/machine_impl.hpp"

#include "detail/cancellation.hpp"
#include "detail/deadline.hpp"
#include "machine/shutdown_ladder.hpp"
#include "session/session_impl.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <signal.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

/// The end of a connection comes a little before the end of the process, whose words are worth waiting for.
constexpr auto last_words = 3s;

constexpr std::size_t lines_to_quote = 10;

/// What to append to a sentence: the last lines that the process wrote, if there are any.
std::string words_of(std::string_view errors)
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

std::exception_ptr failed(errc code, std::string text)
{
    return std::make_exception_ptr(start_failed(make_error_code(code), std::move(text), std::nullopt, {}));
}

// QEMU takes its options with one dash or two.
bool goes_to_background(std::vector<std::string> const& arguments)
{
    return std::ranges::any_of(arguments, [](std::string const& each) { return each == "-daemonize" || each == "--daemonize"; });
}

/// Which of the strings that the program receives as C strings contains a NUL and would be truncated, if any.
std::optional<std::string> text_with_nul(machine_spec const& spec)
{
    auto const is_truncated = [](std::string const& text) { return text.find('\0') != std::string::npos; };
    auto const before = [](std::string const& text) { return '"' + text.substr(0, text.find('\0')) + '"'; };
    if (is_truncated(spec.program))
        return "the program " + before(spec.program);
    if (auto const found = std::ranges::find_if(spec.arguments, is_truncated); found != spec.arguments.end())
        return "the argument " + before(*found);
    if (!spec.environment)
        return std::nullopt;
    if (auto const found = std::ranges::find_if(*spec.environment, is_truncated); found != spec.environment->end())
        return "the environment variable " + found->substr(0, found->find_first_of(std::string_view("=\0", 2)));
    return std::nullopt;
}

session_options without_deadline(session_options options)
{
    options.connect_timeout = 0s;  // the start has one
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

void machine_impl::start(pointer const& self, machine_start::handler_type handler, std::shared_ptr<listener_impl> door)
{
    auto const slot = handler.slot();
    auto start = std::make_shared<machine_start>(std::move(handler), self->executor());
    start->door = std::move(door);
    on_cancellation(slot, self, start, [](machine_impl& state, start_pointer const& which, asio::cancellation_type kind) {
        if ((kind & (asio::cancellation_type::terminal | asio::cancellation_type::partial)) != asio::cancellation_type::none)
            state.cancel_start(which);
    });
    asio::dispatch(self->executor(), [self, start = std::move(start)] { self->begin(start); });
}

void machine_impl::start_wait(pointer const& self, exit_wait::handler_type handler)
{
    auto const slot = handler.slot();
    auto waiting = std::make_shared<exit_wait>(std::move(handler));
    on_cancellation(slot, self, waiting, [](machine_impl& state, wait_pointer const& which, asio::cancellation_type kind) {
        if (kind != asio::cancellation_type::none)
            state.cancel_wait(which);
    });
    asio::dispatch(self->executor(), [self, waiting = std::move(waiting)] { self->wait(waiting, std::nullopt); });
}

void machine_impl::start_shutdown(pointer const& self, exit_wait::handler_type handler, std::chrono::nanoseconds budget)
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
    if (closed_ || start->cancelled) {
        start->failure = asio::error::operation_aborted;
        complete_start(start, explain(*start));
        return;
    }
    if (std::exchange(started_, true)) {
        complete_start(start, failed(errc::already_started, "the machine was started before; make a new one"));
        return;
    }
    if (goes_to_background(spec_.arguments)) {
        complete_start(start,
                       failed(errc::launch_failed, "a machine cannot watch what goes to the background: leave out -daemonize"));
        return;
    }
    if (auto const truncated = text_with_nul(spec_)) {
        complete_start(start,
                       failed(errc::launch_failed, "cannot start a machine: " + *truncated +
                                                       " holds a NUL byte, and the program would see only what is before it"));
        return;
    }
    if (start->door && !start->door->executor()) {
        complete_start(start, failed(errc::disconnected, "the listener was closed with its execution context"));
        return;
    }
    starting_ = start;
    {
        std::scoped_lock const lock(publishing_);
        launching_ = true;
    }
    start->launching = std::make_shared<launch>(
        executor(), [self = shared_from_this(), start](launch::outcome& what) { self->take_process(start, what); });
    arm_deadline(start, optional_deadline_after(spec_.start_timeout));
    if (start->door)
        launch_for_listener(start, what_to_launch(*start));
    else
        start->launching->start(what_to_launch(*start), true);
}

process_options machine_impl::what_to_launch(machine_start const& start) const
{
    process_options options{spec_.program, spec_.arguments,           spec_.environment,
                            std::nullopt,  spec_.share_process_group, spec_.error_tail};
    std::vector<std::string> monitor{"-chardev", "socket,id=coqmp,fd=3", "-mon", "chardev=coqmp,mode=control"};
    if (start.door)
        monitor = qemu_arguments(start.door->local(), "coqmp");
    options.arguments.insert(options.arguments.end(), monitor.begin(), monitor.end());
    return options;
}

// On the listener's executor, and before the process is started: the listener must know which process to admit before it
// accepts a connection of that process.
void machine_impl::launch_for_listener(start_pointer const& start, process_options const& options)
{
    asio::dispatch(start->door->executor(), [self = shared_from_this(), start, options] {
        if (start->launching->is_over())
            return;
        peer_requirements whom{start->door->options().peer_user, std::nullopt};
        if (start->door->local().is_unix())
            whom.expected = start->launching->expected();
        auto accepted = [self, start](error_code error, coqmp::session opened) {
            if (!error && self->starting_ == start && !start->failure) {
                self->session_ = std::move(opened);
                self->monitor_ = self->session_.impl_.pointer();
            }
            self->connected(start, error);
        };
        auto handler =
            asio::bind_cancellation_slot(start->accepting.slot(), asio::bind_executor(self->executor(), std::move(accepted)));
        listener_impl::start_accept(start->door, {std::move(handler), start->door->executor()}, self->executor(),
                                    without_deadline(self->spec_.session), whom);
        start->launching->start(options, false);
    });
}

void machine_impl::take_process(start_pointer const& start, launch::outcome& outcome)
{
    launch::outcome what = std::move(outcome);  // the helper thread may hold the original a little longer
    auto const started = what.process.process();
    try {
        if (started)
            publish(std::make_shared<process>(executor(), std::move(what.process), spec_.error_tail));
    } catch (boost::system::system_error const& error) {
        what.failure = "cannot start \"" + spec_.program + "\": " + error.code().message();
    }
    if (!process_) {
        forget_process(start);
        complete_start(start, failed(errc::launch_failed, std::move(what.failure)));
        return;
    }
    process_->watch([self = shared_from_this()](exit_status status) { self->exited(status); });
    if (start->door) {
        // Only now: a message of the process must not be seen before the process itself.
        start->launching->expected()->started(started);
        if (auto const home = start->door->executor())
            asio::dispatch(home, [start] { start->door->decide(); });
    }
    if (start->failure)
        give_up(start, start->failure);
    else if (start->ready)
        complete_start(start, nullptr);
    else if (!start->door)
        connect_pair(start, what.monitor.release());
}

void machine_impl::publish(std::shared_ptr<process> started)
{
    std::scoped_lock const lock(publishing_);
    process_ = std::move(started);
    launching_ = false;
    if (wanted_signal_ != 0)
        process_->signal(wanted_signal_);
}

void machine_impl::connect_pair(start_pointer const& start, int number)
{
    auto connected = [self = shared_from_this(), start](error_code error) { self->connected(start, error); };
    start_connect(monitor_, {asio::bind_executor(executor(), std::move(connected)), executor()},
                  endpoint::descriptor(descriptor(number)));
}

void machine_impl::arm_deadline(start_pointer const& start, std::chrono::steady_clock::time_point when)
{
    if (when == std::chrono::steady_clock::time_point::max())
        return;
    start->deadline->expires_at(when);
    start->deadline->async_wait([self = shared_from_this(), start](error_code error) {
        if (!error)
            self->expire(start);
    });
}

void machine_impl::connected(start_pointer const& start, error_code error)
{
    if (starting_ != start || start->failure)
        return;
    if (!error) {
        start->ready = true;
        if (process_)
            complete_start(start, nullptr);
        return;  // otherwise take_process() does it
    }
    start->failure = error;
    if (error != errc::disconnected) {
        give_up(start, error);
        return;
    }
    auto const patience = deadline_after(last_words);
    bool const bounded = spec_.start_timeout > spec_.start_timeout.zero();
    arm_deadline(start, bounded ? std::min(patience, start->deadline->expiry()) : patience);
}

void machine_impl::give_up(start_pointer const& start, error_code why)
{
    if (starting_ != start)
        return;
    if (!start->failure)
        start->failure = why;
    if (!process_) {
        if (start->launching->drop())
            give_up_launch(start);
        return;  // otherwise take_process() calls this again
    }
    start->killed = true;
    start->deadline->cancel();
    process_->signal(SIGKILL);
    cancel_accept(start);
    monitor_->close();
}

void machine_impl::give_up_launch(start_pointer const& start)
{
    forget_process(start);
    complete_start(start, explain(*start));
}

// The start of a program on a file system that hangs cannot be ended, but the caller need not wait for it.
void machine_impl::expire(start_pointer const& start)
{
    if (starting_ == start && !start->failure)
        start->failure = make_error_code(errc::timed_out);
    if (starting_ == start && !process_ && start->launching->abandon())
        give_up_launch(start);
    else
        give_up(start, make_error_code(errc::timed_out));
}

void machine_impl::cancel_accept(start_pointer const& start)
{
    auto const home = start->door ? start->door->executor() : asio::any_io_executor();
    if (home)  // else the listener has gone with its context
        asio::dispatch(home, [start] { start->accepting.emit(asio::cancellation_type::terminal); });
}

// There is no process: the listener must not wait for its number, even if the wait for its connection has ended already.
void machine_impl::forget_process(start_pointer const& start)
{
    cancel_accept(start);
    auto const home = start->door ? start->door->executor() : asio::any_io_executor();
    if (home)
        asio::dispatch(home, [start] {
            start->launching->expected()->forget();
            start->door->decide();
        });
}

void machine_impl::cancel_start(start_pointer const& start)
{
    start->cancelled = true;
    give_up(start, asio::error::operation_aborted);
}

void machine_impl::complete_start(start_pointer const& start, std::exception_ptr failure)
{
    if (starting_ == start) {
        starting_.reset();
        if (!process_) {
            {
                std::scoped_lock const lock(publishing_);
                launching_ = false;
            }
            end_waits(make_error_code(errc::not_running));
        }
    }
    start->deadline->cancel();
    start->waiting.post(std::move(failure));
}

std::exception_ptr machine_impl::explain(machine_start const& start) const
{
    std::string const name = name_of(spec_.program);
    std::string const errors = standard_error();
    bool const by_itself = status_ && !start.killed;
    error_code code = start.failure;
    std::ostringstream text;
    if (by_itself) {
        code = make_error_code(errc::machine_exited);
        text << name << ' ' << *status_ << " before it was ready" << words_of(errors);
    } else if (code == errc::timed_out && !process_) {
        text << name << " was not started within " << std::chrono::duration<double>(spec_.start_timeout).count()
             << " s: programs are started one after the other";
    } else if (code == errc::timed_out) {
        text << name << " was not ready within " << std::chrono::duration<double>(spec_.start_timeout).count()
             << " s and was killed" << words_of(errors);
    } else if (code == asio::error::operation_aborted) {
        text << "the start of " << name << " was cancelled";
    } else if (!process_) {
        text << "cannot start " << name << ": " << code.message();
    } else {
        text << "cannot talk to " << name << " (" << code.message() << "); it was killed" << words_of(errors);
    }
    return std::make_exception_ptr(start_failed(code, text.str(), by_itself ? status_ : std::nullopt, errors));
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
    if (auto const start = starting_) {
        cancel_accept(start);
        monitor_->close();
        complete_start(start, explain(*start));
    }
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
        give_up(start, asio::error::operation_aborted);
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
    if (start) {
        if (start->launching)
            start->launching->abandon();
        start->deadline.reset();
        machine_start::handler_type const handler = std::move(start->waiting);
        static_cast<void>(handler);
    }
}

}  // namespace coqmp::detail
