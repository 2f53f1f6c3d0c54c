#include <coqmp/machine.hpp>

#include "machine/machine_impl.hpp"

#include <signal.h>

#include <string>
#include <utility>

namespace coqmp {

boost::asio::any_io_executor detail::executor_of(machine_impl const& impl) noexcept
{
    return impl.executor();
}

machine::machine(executor_type executor, machine_spec spec)
    : impl_(std::make_shared<detail::machine_impl>(std::move(executor), std::move(spec)))
{}

machine& machine::operator=(machine&& other) noexcept
{
    if (this != &other) {
        if (impl_)
            impl_->close();
        impl_ = std::move(other.impl_);
    }
    return *this;
}

machine::~machine()
{
    if (impl_)
        impl_->close();
}

machine::executor_type machine::get_executor() const noexcept
{
    return impl_->executor();
}

session& machine::session() noexcept
{
    return impl_->session();
}

::pid_t machine::pid() const noexcept
{
    return impl_ ? impl_->pid() : -1;
}

std::string machine::standard_error() const
{
    return impl_ ? impl_->standard_error() : std::string();
}

void machine::kill() noexcept
{
    if (impl_)
        impl_->signal(SIGKILL);
}

namespace {

std::exception_ptr moved_away(char const* what)
{
    return std::make_exception_ptr(start_failed(make_error_code(errc::disconnected),
                                                std::string("the ") + what + " was moved from; use the one it was moved to", {},
                                                {}));
}

}  // namespace

void machine::start_with_listener(impl_pointer const& impl, start_handler handler, std::shared_ptr<detail::listener_impl> door)
{
    if (!impl || !door)
        return handler.post(moved_away(impl ? "listener" : "machine"));
    detail::machine_impl::start(impl, std::move(handler), std::move(door));
}

void machine::start_with_pair(impl_pointer const& impl, start_handler handler)
{
    if (!impl)
        return handler.post(moved_away("machine"));
    detail::machine_impl::start(impl, std::move(handler), nullptr);
}

void machine::start_wait(impl_pointer const& impl, exit_handler handler)
{
    if (!impl)
        return handler.post(make_error_code(errc::not_running), exit_status());
    detail::machine_impl::start_wait(impl, std::move(handler));
}

void machine::start_shutdown(impl_pointer const& impl, exit_handler handler, std::chrono::nanoseconds budget)
{
    if (!impl)
        return handler.post(make_error_code(errc::not_running), exit_status());
    detail::machine_impl::start_shutdown(impl, std::move(handler), budget);
}

}  // namespace coqmp
