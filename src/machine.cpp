#include <coqmp/machine.hpp>

#include "detail/explained_error.hpp"
#include "listener/listener_impl.hpp"
#include "machine/adoption.hpp"
#include "machine/launching.hpp"
#include "machine/machine_directory.hpp"
#include "machine/machine_impl.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <signal.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp {

asio::any_io_executor detail::executor_of(machine_impl const& impl) noexcept
{
    return impl.executor();
}

detail::machine_impl_pointer detail::impl_of(machine const& handle) noexcept
{
    return handle.impl_ ? handle.impl_.pointer() : nullptr;
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
    return impl_ ? impl_->process().pid() : -1;
}

std::string machine::standard_error() const
{
    return impl_ ? impl_->process().standard_error() : std::string();
}

run_state machine::state() const noexcept
{
    return impl_ ? impl_->states()->state() : run_state::unknown;
}

std::optional<machine_end> machine::end() const
{
    return impl_ ? impl_->process().end() : std::nullopt;
}

namespace {

void throw_if_moved_from(bool is_owned)
{
    if (!is_owned)
        throw detail::explained_error(make_error_code(errc::cannot_release),
                                      "the machine cannot outlive this program: the object was moved from");
}

}  // namespace

machine_record machine::record() const
{
    throw_if_moved_from(static_cast<bool>(impl_));
    return impl_->process().record();
}

machine_record machine::release()
{
    throw_if_moved_from(static_cast<bool>(impl_));
    return impl_->release();
}

asio::awaitable<machine> machine::adopt(listener& on, machine_record record, session_options options)
{
    machine_spec spec;
    spec.start_timeout = options.connect_timeout;
    spec.session = std::move(options);
    return adopt_as(std::move(spec), on, std::move(record));
}

asio::awaitable<machine> machine::adopt_as(machine_spec spec, listener& on, machine_record record)
{
    spec.outlives_us = true;
    machine result(co_await asio::this_coro::executor, std::move(spec));
    auto operation = detail::initiate<void(std::exception_ptr), &detail::start_machine_adoption>(
        result.impl_, asio::deferred, detail::machine_route(detail::impl_of(on)), std::move(record));
    co_await std::move(operation);
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw start_failed(asio::error::operation_aborted,
                           start_diagnostics("cannot adopt the machine: the adoption was cancelled", std::nullopt, {}));
    result.impl_->process().take_back();  // not earlier: until here the machine may be destroyed before the caller receives it
    co_return std::move(result);
}

asio::awaitable<machine> machine::adopt(machine_record record, session_options options)
{
    listener monitor(co_await asio::this_coro::executor, endpoint::unix_socket(record.monitor));
    co_return co_await adopt(monitor, std::move(record), std::move(options));
}

namespace {

asio::awaitable<std::optional<machine>> adopted_unless_ended(asio::awaitable<machine> adoption)
{
    try {
        co_return co_await std::move(adoption);
    } catch (start_failed const& failure) {
        if (failure.code() != errc::not_the_machine && failure.code() != errc::machine_exited)
            throw;
    }
    co_return std::nullopt;
}

std::shared_ptr<listener> open_monitor(detail::machine_directory const& place, asio::any_io_executor const& executor)
{
    try {
        return std::make_shared<listener>(executor, endpoint::unix_socket(place.monitor()));
    } catch (system_error const& failure) {
        if (failure.code() != errc::address_in_use)
            throw;
        throw detail::explained_error(
            failure.code(), "another program manages the machine and listens at " + place.monitor() + ": end that program first");
    }
}

std::exception_ptr failure_to_save(machine const& which, std::string const& file)
{
    try {
        which.record().save(file);
        return nullptr;
    } catch (...) {
        return std::current_exception();
    }
}

}  // namespace

asio::awaitable<machine> machine::adopt_or_start(machine_spec spec, std::string directory)
{
    detail::machine_directory const place(directory);
    spec.outlives_us = true;
    if (spec.standard_error.type() == output_target::kind::discarded)
        spec.standard_error = output_target::file(place.log());
    if (spec.standard_output.type() == output_target::kind::inherited)
        spec.standard_output = output_target::file(place.log());
    auto monitor = open_monitor(place, co_await asio::this_coro::executor);
    std::optional<machine> result;
    if (auto const found = place.find(spec)) {
        result = co_await adopted_unless_ended(adopt_as(spec, *monitor, found->record));
        if (result && !found->is_recorded)
            (void)failure_to_save(*result, place.record());  // the lock still leads to it
    }
    if (!result) {
        result.emplace(monitor->get_executor(), std::move(spec));
        auto launch = detail::initiate<void(std::exception_ptr), &detail::start_machine_launch>(
            result->impl_, asio::deferred, detail::machine_route(detail::impl_of(*monitor)),
            std::optional<descriptor>(place.lock()));
        co_await std::move(launch);
        if (auto const unsaved = failure_to_save(*result, place.record())) {
            result->kill();  // no program could find it any more
            co_await result->async_wait(asio::as_tuple(asio::deferred));
            std::rethrow_exception(unsaved);
        }
    }
    result->impl_->process().keep(std::move(monitor));  // so that no other program manages the machine meanwhile
    co_return std::move(*result);
}

void machine::kill() noexcept
{
    if (impl_)
        impl_->process().signal(SIGKILL);
}

namespace {

asio::awaitable<void> wait_until_in(std::shared_ptr<detail::machine_impl> impl, run_state goal)
{
    run_state state = run_state::unknown;
    do {
        auto change = detail::initiate<void(error_code, run_state), &detail::start_machine_state_wait>(
            impl, asio::as_tuple(asio::deferred), state);
        auto [error, next] = co_await std::move(change);
        if (error)
            throw system_error(error, "waiting for the run state " + std::string(to_string(goal)));
        state = next;
    } while (state != goal);
}

}  // namespace

asio::awaitable<void> wait_for_state(machine& of, run_state goal)
{
    return wait_until_in(detail::impl_of(of), goal);
}

namespace detail {

namespace {

std::string moved_from(char const* handle)
{
    return std::string("the ") + handle + " was moved from; use the one it was moved to";
}

void launch_machine(machine_impl_pointer const& impl, start_completion completion, machine_route const& through,
                    std::optional<descriptor> const& lock = std::nullopt)
{
    if (!impl || (through && !*through))
        return completion.post(make_error_code(errc::disconnected),
                               start_diagnostics(moved_from(impl ? "listener" : "machine"), std::nullopt, {}));
    auto listener = through ? std::optional((*through)->remote()) : std::nullopt;
    auto const slot = completion.slot();
    machine_impl::start(impl, std::make_shared<launching>(impl, std::move(completion), std::move(listener), lock), slot);
}

}  // namespace

void start_machine_launch(machine_impl_pointer const& impl, pending_handler<void(std::exception_ptr)>&& handler,
                          machine_route const& through, std::optional<descriptor> const& lock)
{
    launch_machine(impl, start_completion(std::move(handler)), through, lock);
}

void start_machine_diagnosed_launch(machine_impl_pointer const& impl, pending_handler<void(error_code)>&& handler,
                                    machine_route const& through, start_diagnostics* diagnostics)
{
    launch_machine(impl, start_completion(std::move(handler), *diagnostics), through);
}

void start_machine_adoption(machine_impl_pointer const& impl, pending_handler<void(std::exception_ptr)>&& handler,
                            machine_route const& through, machine_record const& record)
{
    start_completion completion(std::move(handler));
    if (!*through)
        return completion.post(make_error_code(errc::disconnected), start_diagnostics(moved_from("listener"), std::nullopt, {}));
    auto const slot = completion.slot();
    machine_impl::start(impl, std::make_shared<adoption>(impl, std::move(completion), (*through)->remote(), record), slot);
}

void start_machine_state_wait(machine_impl_pointer const& impl, pending_handler<void(error_code, run_state)>&& handler,
                              run_state known)
{
    if (!impl)
        return handler.post(make_error_code(errc::not_running), run_state::unknown);
    run_state_watch::start_wait(impl->states(), std::move(handler), known);
}

void start_machine_wait(machine_impl_pointer const& impl, pending_handler<void(error_code, exit_status)>&& handler)
{
    if (!impl)
        return handler.post(make_error_code(errc::not_running), exit_status());
    machine_impl::start_wait(impl, std::move(handler), std::nullopt);
}

void start_machine_shutdown(machine_impl_pointer const& impl, pending_handler<void(error_code, exit_status)>&& handler,
                            shutdown_options const& options)
{
    if (!impl)
        return handler.post(make_error_code(errc::not_running), exit_status());
    machine_impl::start_wait(impl, std::move(handler), options);
}

}  // namespace detail

}  // namespace coqmp
