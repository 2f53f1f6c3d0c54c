#include "machine/machine_process.hpp"

#include "detail/explained_error.hpp"

#include <coqmp/error.hpp>

#include <signal.h>

#include <utility>

namespace coqmp::detail {

// ---- What the owner of the machine wants -----------------------------------------------------------------------------------

void machine_process::signal(int number) noexcept
{
    std::scoped_lock const lock(mutex_);
    record_.requested();
    if (process_)
        process_->signal(number);
    else if (is_being_started_ && wanted_signal_ != SIGKILL)
        wanted_signal_ = number;
}

void machine_process::requested() noexcept
{
    std::scoped_lock const lock(mutex_);
    is_to_end_ = true;
}

void machine_process::withdraw_request() noexcept
{
    std::scoped_lock const lock(mutex_);
    is_to_end_ = false;
}

/// @return null: it can be
char const* machine_process::why_it_cannot_be_released() const noexcept
{
    if (!may_outlive_us_)
        return "it was launched without machine_spec::outlives_us, so QEMU would not reconnect its monitor";
    if (has_exited_)
        return "it has ended";
    if (is_released_)
        return "it has already been released";
    if (!process_ || !record_.is_ready())
        return "it is not ready";
    if (is_to_end_ || record_.is_requested())
        return "it was told to shut down";
    return nullptr;
}

machine_record machine_process::make_record() const
{
    if (char const* const reason = why_it_cannot_be_released())
        throw explained_error(make_error_code(errc::cannot_release),
                              std::string("the machine cannot outlive this program: ") + reason);
    machine_record result;
    result.process = identity_.number;
    result.start_time = identity_.start_time;
    result.boot_id = identity_.boot_id;
    result.monitor = dialed_;
    return result;
}

machine_record machine_process::record() const
{
    std::scoped_lock const lock(mutex_);
    return make_record();
}

machine_record machine_process::release()
{
    std::scoped_lock const lock(mutex_);
    machine_record result = make_record();
    is_released_ = true;
    process_->let_live(true);
    return result;
}

bool machine_process::leave_alone() noexcept
{
    std::scoped_lock const lock(mutex_);
    if (!may_outlive_us_ || has_exited_ || is_released_ || !process_ || !record_.is_ready())
        return false;
    is_released_ = true;
    process_->let_live(true);
    return true;
}

void machine_process::release_at_last() noexcept
{
    std::scoped_lock const lock(mutex_);
    if (!is_released_at_last_ || why_it_cannot_be_released() != nullptr)
        return;
    is_released_ = true;
    process_->let_live(true);
}

void machine_process::keep(std::shared_ptr<void> something) noexcept
{
    std::scoped_lock const lock(mutex_);
    is_released_at_last_ = true;
    if (!end_ && process_ && !is_released_)
        kept_.swap(something);
}

void machine_process::drop() noexcept
{
    std::shared_ptr<void> dropped;  // destroyed when the mutex is free again
    std::scoped_lock const lock(mutex_);
    dropped.swap(kept_);
}

void machine_process::take_back() noexcept
{
    std::scoped_lock const lock(mutex_);
    is_released_ = false;
    if (process_)
        process_->let_live(false);
}

// ---- What happens to it ----------------------------------------------------------------------------------------------------

void machine_process::being_started() noexcept
{
    std::scoped_lock const lock(mutex_);
    is_being_started_ = true;
}

void machine_process::not_started() noexcept
{
    std::scoped_lock const lock(mutex_);
    is_being_started_ = false;
}

void machine_process::started(std::shared_ptr<process> which, process_identity identity)
{
    std::scoped_lock const lock(mutex_);
    process_ = std::move(which);
    identity_ = std::move(identity);
    is_being_started_ = false;
    if (wanted_signal_ != 0)
        process_->signal(wanted_signal_);
}

void machine_process::ready(std::string& dialed) noexcept
{
    std::scoped_lock const lock(mutex_);
    record_.ready();
    dialed_.swap(dialed);
}

void machine_process::take(event const& what)
{
    std::scoped_lock const lock(mutex_);
    record_.take(what);
}

void machine_process::exited() noexcept
{
    std::scoped_lock const lock(mutex_);
    has_exited_ = true;
}

void machine_process::conclude(exit_status status, shutdown_step last_step)
{
    drop();
    std::scoped_lock const lock(mutex_);
    if (is_to_end_)
        record_.requested();
    end_ = record_.end(status);
    end_->step = last_step;
}

std::shared_ptr<process> machine_process::leave() noexcept
{
    drop();
    std::scoped_lock const lock(mutex_);
    is_being_started_ = false;
    return std::exchange(process_, nullptr);
}

// ---- What is known ---------------------------------------------------------------------------------------------------------

std::shared_ptr<process> machine_process::get() const noexcept
{
    std::scoped_lock const lock(mutex_);
    return process_;
}

::pid_t machine_process::pid() const noexcept
{
    auto const which = get();
    return which ? which->pid() : -1;
}

std::string machine_process::standard_error() const
{
    auto const which = get();
    return which ? which->standard_error() : std::string();
}

bool machine_process::is_released() const noexcept
{
    std::scoped_lock const lock(mutex_);
    return is_released_;
}

std::optional<machine_end> machine_process::end() const
{
    std::scoped_lock const lock(mutex_);
    return end_;
}

}  // namespace coqmp::detail
