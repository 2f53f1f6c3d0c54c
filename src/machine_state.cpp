#include "machine_state.hpp"

#include "cancellation.hpp"
#include "deadline.hpp"
#include "shutdown_ladder.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <string_view>
#include <system_error>
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

session_options without_deadline(session_options options)
{
    options.connect_timeout = 0s;  // the start has one
    return options;
}

}  // namespace

/// What launching gave: a process and our end of the socketpair, or what went wrong.
struct machine_state::launched
{
    std::unique_ptr<process> child;
    owned_descriptor our_end;
    std::string failure;
};

machine_state::machine_state(asio::any_io_executor executor, machine_spec spec)
    : context_member(executor),
      executor_(std::move(executor)),
      spec_(std::move(spec)),
      session_(executor_, without_deadline(spec_.session))
{}

machine_state::~machine_state() = default;

// ---- From any thread -------------------------------------------------------------------------------------------------------

void machine_state::start(pointer const& self, machine_start::handler_type handler, std::shared_ptr<listener_state> door)
{
    auto const slot = handler.slot();
    auto start = std::make_shared<machine_start>(std::move(handler), self->executor_);
    start->door = std::move(door);
    on_cancellation(slot, self, start, [](machine_state& state, start_pointer const& which, asio::cancellation_type kind) {
        if ((kind & (asio::cancellation_type::terminal | asio::cancellation_type::partial)) != asio::cancellation_type::none)
            state.cancel_start(which);
    });
    asio::dispatch(self->executor_, [self, start = std::move(start)] { self->begin(start); });
}

void machine_state::start_wait(pointer const& self, exit_wait::handler_type handler)
{
    auto const slot = handler.slot();
    auto waiting = std::make_shared<exit_wait>(std::move(handler));
    on_cancellation(slot, self, waiting, [](machine_state& state, wait_pointer const& which, asio::cancellation_type kind) {
        if (kind != asio::cancellation_type::none)
            state.cancel_wait(which);
    });
    asio::dispatch(self->executor_, [self, waiting = std::move(waiting)] { self->wait(waiting, std::nullopt); });
}

void machine_state::start_shutdown(pointer const& self, exit_wait::handler_type handler, std::chrono::nanoseconds budget)
{
    auto const slot = handler.slot();
    auto waiting = std::make_shared<exit_wait>(std::move(handler));
    on_cancellation(slot, self, waiting, [](machine_state& state, wait_pointer const& which, asio::cancellation_type kind) {
        if (kind != asio::cancellation_type::none)
            state.cancel_wait(which);
    });
    asio::dispatch(self->executor_, [self, waiting = std::move(waiting), budget] { self->wait(waiting, budget); });
}

void machine_state::close() noexcept
{
    auto const self = shared_from_this();
    // In this order: the process must not be seen to end before it is known that the handle has gone.
    asio::dispatch(executor_, [self] { self->end(); });
    signal(SIGKILL);
}

void machine_state::signal(int number) noexcept
{
    std::scoped_lock const lock(publishing_);
    if (process_)
        process_->signal(number);
}

::pid_t machine_state::pid() const noexcept
{
    std::scoped_lock const lock(publishing_);
    return process_ ? process_->pid() : -1;
}

std::string machine_state::standard_error() const
{
    std::scoped_lock const lock(publishing_);
    return process_ ? process_->standard_error() : std::string();
}

// ---- Starting --------------------------------------------------------------------------------------------------------------

void machine_state::begin(start_pointer const& start)
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
    if (start->door && !start->door->executor()) {
        complete_start(start, failed(errc::disconnected, "the listener was closed with its execution context"));
        return;
    }
    starting_ = start;
    arm_deadline(start, optional_deadline_after(spec_.start_timeout));
    // On the listener's executor: it must know whom to let in before it accepts anything that the process sends.
    asio::dispatch(start->door ? start->door->executor() : executor_, [self = shared_from_this(), start] {
        auto const what = launch(self, start);
        asio::dispatch(self->executor_, [self, start, what] { self->take_process(start, *what); });
    });
}

std::shared_ptr<machine_state::launched> machine_state::launch(pointer const& self, start_pointer const& start)
{
    auto result = std::make_shared<launched>();
    try {
        machine_spec const& spec = self->spec_;
        process_options options{spec.program, spec.arguments, spec.environment, std::nullopt, spec.error_tail};
        std::vector<std::string> monitor{"-chardev", "socket,id=coqmp,fd=3", "-mon", "chardev=coqmp,mode=control"};
        if (start->door) {
            monitor = qemu_arguments(start->door->local(), "coqmp");
        } else {
            std::array<int, 2> ends{};
            if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
                throw std::system_error(errno, std::generic_category(), "cannot make a socketpair");
            result->our_end = owned_descriptor(ends[0]);
            options.handed_over = descriptor(ends[1]);
            ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
        }
        options.arguments.insert(options.arguments.end(), monitor.begin(), monitor.end());
        result->child = std::make_unique<process>(self->executor_, options);
    } catch (std::exception const& error) {
        result->failure = error.what();
        return result;
    }
    if (start->door) {
        peer_demands whom{start->door->options().peer_user, std::nullopt};
        if (start->door->local().is_unix())
            whom.process = result->child->pid();
        auto accepted = [self, start](error_code error, coqmp::session opened) {
            if (!error && self->starting_ == start && !start->failure)
                self->session_ = std::move(opened);
            self->connected(start, error);
        };
        auto handler =
            asio::bind_cancellation_slot(start->accepting.slot(), asio::bind_executor(self->executor_, std::move(accepted)));
        listener_state::start_accept(start->door, {std::move(handler), start->door->executor()}, self->executor_,
                                     without_deadline(self->spec_.session), whom);
    }
    return result;
}

void machine_state::take_process(start_pointer const& start, launched& what)
{
    if (!what.child) {
        complete_start(start, failed(errc::launch_failed, std::move(what.failure)));
        return;
    }
    {
        std::scoped_lock const lock(publishing_);
        process_ = std::move(what.child);
    }
    process_->watch([self = shared_from_this()](exit_status status) { self->exited(status); });
    if (start->failure)
        give_up(start, start->failure);
    else if (!start->door)
        connect_pair(start, what.our_end.release());
}

void machine_state::connect_pair(start_pointer const& start, int number)
{
    session_.async_connect(
        endpoint::descriptor(number),
        asio::bind_executor(executor_, [self = shared_from_this(), start](error_code error) { self->connected(start, error); }));
}

void machine_state::arm_deadline(start_pointer const& start, std::chrono::steady_clock::time_point when)
{
    if (when == std::chrono::steady_clock::time_point::max())
        return;
    start->deadline.expires_at(when);
    start->deadline.async_wait([self = shared_from_this(), start](error_code error) {
        if (!error)
            self->give_up(start, make_error_code(errc::timed_out));
    });
}

void machine_state::connected(start_pointer const& start, error_code error)
{
    if (starting_ != start || start->failure)
        return;
    if (!error) {
        complete_start(start, nullptr);
        return;
    }
    start->failure = error;
    if (error != errc::disconnected) {
        give_up(start, error);
        return;
    }
    auto const patience = deadline_after(last_words);
    bool const bounded = spec_.start_timeout > spec_.start_timeout.zero();
    arm_deadline(start, bounded ? std::min(patience, start->deadline.expiry()) : patience);
}

void machine_state::give_up(start_pointer const& start, error_code why)
{
    if (starting_ != start)
        return;
    if (!start->failure)
        start->failure = why;
    if (!process_)
        return;  // take_process() calls again
    start->killed = true;
    start->deadline.cancel();
    process_->signal(SIGKILL);
    start->accepting.emit(asio::cancellation_type::terminal);
    session_.close();
}

void machine_state::cancel_start(start_pointer const& start)
{
    start->cancelled = true;
    give_up(start, asio::error::operation_aborted);
}

void machine_state::complete_start(start_pointer const& start, std::exception_ptr failure)
{
    if (starting_ == start)
        starting_.reset();
    start->deadline.cancel();
    start->waiting.post(std::move(failure));
}

std::exception_ptr machine_state::explain(machine_start const& start) const
{
    std::string const name = name_of(spec_.program);
    std::string const errors = standard_error();
    bool const by_itself = status_ && !start.killed;
    error_code code = start.failure;
    std::ostringstream text;
    if (by_itself) {
        code = make_error_code(errc::machine_exited);
        text << name << ' ' << *status_ << " before it was ready" << words_of(errors);
    } else if (code == errc::timed_out) {
        text << name << " was not ready within " << std::chrono::duration<double>(spec_.start_timeout).count()
             << " s and was killed" << words_of(errors);
    } else if (code == asio::error::operation_aborted) {
        text << "the start of " << name << " was cancelled";
    } else {
        text << "cannot talk to " << name << " (" << code.message() << "); it was killed" << words_of(errors);
    }
    return std::make_exception_ptr(start_failed(code, text.str(), by_itself ? status_ : std::nullopt, errors));
}

// ---- Ending ----------------------------------------------------------------------------------------------------------------

void machine_state::wait(wait_pointer const& wait, std::optional<std::chrono::nanoseconds> budget)
{
    if (closed_ || wait->cancelled)
        return complete_wait(*wait, asio::error::operation_aborted);
    if (status_)
        return complete_wait(*wait, {});
    if (!process_)
        return complete_wait(*wait, make_error_code(errc::not_running));
    waits_.push_back(wait);
    if (!budget)
        return;
    auto const send = [state = weak_from_this()](int number) {
        if (auto const self = state.lock())
            self->signal(number);
    };
    wait->ladder = std::make_shared<shutdown_ladder>(executor_, session_, send, *budget);
    wait->ladder->start();
}

void machine_state::cancel_wait(wait_pointer const& wait)
{
    wait->cancelled = true;
    if (std::erase(waits_, wait) > 0)
        complete_wait(*wait, asio::error::operation_aborted);
}

void machine_state::complete_wait(exit_wait& wait, error_code error)
{
    if (wait.ladder)
        wait.ladder->stop();
    wait.waiting.post(error, status_.value_or(exit_status()));
}

void machine_state::exited(exit_status status)
{
    status_ = status;
    if (auto const start = starting_) {
        start->accepting.emit(asio::cancellation_type::terminal);
        session_.close();
        complete_start(start, explain(*start));
    }
    for (wait_pointer const& wait : std::exchange(waits_, {}))
        complete_wait(*wait, {});
}

void machine_state::end()
{
    if (std::exchange(closed_, true))
        return;
    for (wait_pointer const& wait : std::exchange(waits_, {}))
        complete_wait(*wait, asio::error::operation_aborted);
    if (auto const start = starting_)
        give_up(start, asio::error::operation_aborted);
    session_.close();
    signal(SIGKILL);
}

void machine_state::abandon_handlers() noexcept
{
    auto const self = weak_from_this().lock();
    closed_ = true;
    signal(SIGKILL);
    auto const start = std::exchange(starting_, nullptr);
    auto const waits = std::exchange(waits_, {});
    std::vector<exit_wait::handler_type> dropped;
    for (wait_pointer const& wait : waits) {
        if (wait->ladder)
            wait->ladder->stop();
        dropped.push_back(std::move(wait->waiting));
    }
    if (start) {
        machine_start::handler_type const handler = std::move(start->waiting);
        static_cast<void>(handler);
    }
}

}  // namespace coqmp::detail
