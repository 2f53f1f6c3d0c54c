#include "machine/machine_start.hpp"

#include "detail/post_reserved.hpp"
#include "machine/machine_impl.hpp"
#include "session/session_operations.hpp"

#include <boost/asio/error.hpp>

#include <sstream>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

machine_start::machine_start(std::shared_ptr<machine_impl> machine, start_completion completion,
                             std::optional<remote_listener> listener)
    : machine_(std::move(machine)),
      completion_(std::move(completion)),
      listener_(std::move(listener)),
      home_(std::make_shared<revocable_executor>(machine_->executor()))
{
    if (listener_ && listener_->local().is_unix())
        dialed_path_ = listener_->local().path();
    completion_->prepare(make_error_code(errc::out_of_memory),
                         start_diagnostics("there is not enough memory to start the machine", std::nullopt, {}));
}

machine_start::~machine_start() = default;

void machine_start::fail(error_code code, std::string const& message)
{
    complete(code, start_diagnostics(message, std::nullopt, {}));
}

bool machine_start::await_connection(peer_check required)
{
    accept_ = std::make_shared<remote_accept>(std::move(required), home_, weak_from_this());
    return listener_->accept(accept_);
}

// The listener does not wait for the number of the process any longer either.
void machine_start::stop_accepting()
{
    if (auto const accept = std::exchange(accept_, nullptr))
        listener_->cancel(accept);
}

void machine_start::connect(unique_fd connection)
{
    if (!machine_ || failure_)
        return;
    start_connect(machine_->monitor(),
                  {[self = shared_from_this()](error_code error) { self->connected(error); }, machine_->executor()},
                  connect_target(std::move(connection)));
}

void machine_start::accepted(remote_accept const& /*by*/, unique_fd connection)
{
    connect(std::move(connection));
}

void machine_start::cannot_accept(remote_accept const& /*by*/, error_code why)
{
    if (!machine_ || failure_)
        return;  // it ended the accept itself
    listener_closed_ = why == asio::error::operation_aborted;
    connected(why);
}

void machine_start::cancel()
{
    cancelled_ = true;
    if (machine_ && has_begun())
        give_up(asio::error::operation_aborted);
}

void machine_start::arm_deadline(std::chrono::steady_clock::time_point when)
{
    if (!deadline_)
        deadline_.emplace(machine_->executor());
    deadline_->expires_at(when);
    if (when == std::chrono::steady_clock::time_point::max())
        return;
    deadline_->async_wait([self = shared_from_this()](error_code error) {
        if (!error && self->machine_)
            self->expire();
    });
}

void machine_start::complete(error_code error, start_diagnostics diagnostics)
{
    outcome_ = error;
    diagnostics_ = std::move(diagnostics);
    leave_machine();
}

void machine_start::complete_without_memory()
{
    if (!machine_)
        return;  // it has completed already
    stop_accepting();
    outcome_ = make_error_code(errc::out_of_memory);
    is_prepared_ = true;
    leave_machine();
}

// The handler comes first: the waits for the end of the machine may need memory.
void machine_start::leave_machine()
{
    home_->revoke();
    if (deadline_)
        deadline_->cancel();
    auto const machine = std::exchange(machine_, nullptr);
    post_reserved(machine->executor(), completion_post_, [self = shared_from_this()] { self->run_handler(); });
    machine->start_is_over(*this, !outcome_);
}

void machine_start::run_handler()
{
    if (is_prepared_)
        completion_->complete_prepared();
    else
        completion_->complete(outcome_, std::move(diagnostics_));
}

void machine_start::abandon() noexcept
{
    home_->revoke();
    stop_accepting();
    deadline_.reset();
    auto const machine = std::exchange(machine_, nullptr);
    start_completion const dropped = std::move(*completion_);
    completion_.reset();
}

std::string in_seconds(std::chrono::nanoseconds limit)
{
    return (std::ostringstream() << std::chrono::duration<double>(limit).count()).str();
}

}  // namespace coqmp::detail
