#include <coqmp/machine.hpp>

#include "detail/harmless_text.hpp"
#include "machine/machine_impl.hpp"

#include <signal.h>

#include <cstring>
#include <ostream>
#include <utility>

namespace coqmp {

boost::asio::any_io_executor detail::executor_of(machine_state const& state) noexcept
{
    return state.executor();
}

std::ostream& operator<<(std::ostream& out, exit_status const& status)
{
    if (status.signal == 0 && status.exit_code < 0)
        return out << "ended, and its status went to somebody else";
    if (status.signal == 0)
        return out << "exited with status " << status.exit_code;
    char const* const name = ::sigdescr_np(status.signal);
    return out << "was killed by signal " << status.signal << " (" << (name != nullptr ? name : "unknown") << ')';
}

start_failed::start_failed(boost::system::error_code code, std::string text, std::optional<exit_status> status,
                           std::string standard_error)
    : boost::system::system_error(code),
      text_(detail::harmless(text)),
      status_(status),
      standard_error_(std::move(standard_error))
{}

machine::machine(executor_type executor, machine_spec spec)
    : state_(std::make_shared<detail::machine_state>(std::move(executor), std::move(spec)))
{}

machine& machine::operator=(machine&& other) noexcept
{
    if (this != &other) {
        if (state_)
            state_->close();
        state_ = std::move(other.state_);
    }
    return *this;
}

machine::~machine()
{
    if (state_)
        state_->close();
}

machine::executor_type machine::get_executor() const noexcept
{
    return state_->executor();
}

session& machine::session() noexcept
{
    return state_->session();
}

::pid_t machine::pid() const noexcept
{
    return state_ ? state_->pid() : -1;
}

std::string machine::standard_error() const
{
    return state_ ? state_->standard_error() : std::string();
}

void machine::kill() noexcept
{
    if (state_)
        state_->signal(SIGKILL);
}

namespace {

std::exception_ptr moved_away(char const* what)
{
    return std::make_exception_ptr(start_failed(make_error_code(errc::disconnected),
                                                std::string("the ") + what + " was moved from; use the one it was moved to", {},
                                                {}));
}

}  // namespace

void machine::start_with_listener(state_pointer const& state, start_handler handler, std::shared_ptr<detail::listener_state> door)
{
    if (!state || !door)
        return handler.post(moved_away(state ? "listener" : "machine"));
    detail::machine_state::start(state, std::move(handler), std::move(door));
}

void machine::start_with_pair(state_pointer const& state, start_handler handler)
{
    if (!state)
        return handler.post(moved_away("machine"));
    detail::machine_state::start(state, std::move(handler), nullptr);
}

void machine::start_wait(state_pointer const& state, exit_handler handler)
{
    if (!state)
        return handler.post(make_error_code(errc::not_running), exit_status());
    detail::machine_state::start_wait(state, std::move(handler));
}

void machine::start_shutdown(state_pointer const& state, exit_handler handler, std::chrono::nanoseconds budget)
{
    if (!state)
        return handler.post(make_error_code(errc::not_running), exit_status());
    detail::machine_state::start_shutdown(state, std::move(handler), budget);
}

}  // namespace coqmp
