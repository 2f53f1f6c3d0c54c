#include <coqmp/machine.hpp>

#include "machine/machine_impl.hpp"

#include <signal.h>

#include <memory>
#include <optional>
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

void start(std::shared_ptr<detail::machine_impl> const& impl, detail::start_completion completion,
           std::optional<std::shared_ptr<detail::listener_impl>> const& through)
{
    bool const is_listener_gone = through && !*through;
    if (impl && !is_listener_gone)
        return detail::machine_impl::start(impl, std::move(completion), through.value_or(nullptr));
    std::string const handle = impl ? "listener" : "machine";
    completion.post(make_error_code(errc::disconnected),
                    start_diagnostics("the " + handle + " was moved from; use the one it was moved to", std::nullopt, {}));
}

}  // namespace

void machine::start_throwing(impl_pointer const& impl, start_handler handler, route const& through)
{
    start(impl, detail::start_completion(std::move(handler)), through);
}

void machine::start_with_diagnostics(impl_pointer const& impl, start_code_handler handler, route const& through,
                                     start_diagnostics* diagnostics)
{
    start(impl, detail::start_completion(std::move(handler), *diagnostics), through);
}

void machine::start_wait(impl_pointer const& impl, exit_handler handler)
{
    if (!impl)
        return handler.post(make_error_code(errc::not_running), exit_status());
    detail::machine_impl::start_wait(impl, std::move(handler), std::nullopt);
}

void machine::start_shutdown(impl_pointer const& impl, exit_handler handler, std::chrono::nanoseconds budget)
{
    if (!impl)
        return handler.post(make_error_code(errc::not_running), exit_status());
    detail::machine_impl::start_wait(impl, std::move(handler), budget);
}

}  // namespace coqmp
