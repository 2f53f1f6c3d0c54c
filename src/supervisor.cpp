#include <coqmp/supervisor.hpp>

#include "detail/cancellation.hpp"
#include "detail/explained_error.hpp"
#include "detail/outcome.hpp"
#include "proxy/monitor_proxy_impl.hpp"
#include "supervisor/supervisor_impl.hpp"

#include <coqmp/command_failed.hpp>
#include <coqmp/monitor_proxy.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp {

namespace detail {

asio::any_io_executor executor_of(supervisor_impl const& impl) noexcept
{
    return impl.executor();
}

void close_impl(supervisor_impl& impl) noexcept
{
    impl.close();
}

namespace {

[[nodiscard]] supervisor_impl::driver_pointer driver_named(supervisor_pointer const& impl, std::string_view name)
{
    return impl ? impl->find(name) : nullptr;
}

}  // namespace

void start_machine_stop(supervisor_pointer const& impl, pending_handler<void(error_code, machine_end)>&& handler,
                        std::string const& name, optional_budget budget)
{
    auto const driver = driver_named(impl, name);
    if (!driver)
        return handler.post(make_error_code(errc::no_such_machine), machine_end());
    if (driver->is_observed())
        return handler.post(make_error_code(boost::system::errc::operation_not_permitted), machine_end());
    auto const slot = handler.slot();
    auto waiting = std::make_shared<stop_wait>(std::move(handler));
    auto cancel = [weak = std::weak_ptr(driver)](supervisor_impl const&, std::shared_ptr<stop_wait> const& which,
                                                 asio::cancellation_type kind) {
        auto const alive = weak.lock();
        if (alive && kind != asio::cancellation_type::none)
            alive->cancel(which);
    };
    on_cancellation(slot, impl, waiting, std::move(cancel));
    asio::post(impl->executor(), [driver, waiting = std::move(waiting), budget] { driver->stop(budget, waiting); });
}

namespace {

void stop_and_remove(supervisor_pointer const& impl, supervisor_impl::removal_pointer const& waiting, std::string const& name)
{
    auto const driver = driver_named(impl, name);
    if (!driver)
        return waiting->complete_later(make_error_code(errc::no_such_machine));
    if (driver->is_observed())
        return asio::post(impl->executor(), [impl, waiting, name] { static_cast<void>(impl->remove(name, waiting)); });
    auto stopped = [impl, waiting, name](error_code error, machine_end const&) {
        if (error)
            return waiting->complete(error);
        if (!impl->remove(name, waiting))  // it was started meanwhile
            stop_and_remove(impl, waiting, name);
    };
    start_machine_stop(impl, {asio::bind_executor(impl->executor(), std::move(stopped)), impl->executor()}, name, std::nullopt);
}

}  // namespace

void start_machine_removal(supervisor_pointer const& impl, pending_handler<void(error_code)>&& handler, std::string const& name)
{
    if (!driver_named(impl, name))
        return handler.post(make_error_code(errc::no_such_machine));
    stop_and_remove(impl, std::make_shared<waiting_operation<void(error_code)>>(std::move(handler)), name);
}

void start_machine_release(supervisor_pointer const& impl, pending_handler<void(error_code)>&& handler, std::string const& name)
{
    auto const driver = driver_named(impl, name);
    if (!driver)
        return handler.post(make_error_code(errc::no_such_machine));
    if (impl->options().directory.empty())
        return handler.post(make_error_code(errc::cannot_release));
    auto const waiting = std::make_shared<pending_handler<void(error_code)>>(std::move(handler));
    asio::post(impl->executor(), [driver, waiting] { driver->release(std::move(*waiting), false); });
}

void start_release_of_all(supervisor_pointer const& impl, pending_handler<void(error_code, std::size_t)>&& handler)
{
    if (!impl)
        return handler.post(error_code(), std::size_t());
    if (impl->options().directory.empty())
        return handler.post(make_error_code(errc::cannot_release), impl->names().size());
    auto const waiting = std::make_shared<pending_handler<void(error_code, std::size_t)>>(std::move(handler));
    asio::post(impl->executor(), [impl, waiting] { impl->release_all(std::move(*waiting)); });
}

namespace {

/// A command on its way, which can be cancelled wherever it is.
struct sent_command final : waiting_operation<void(error_code, reply)>
{
    explicit sent_command(handler_type handler) : waiting_operation(std::move(handler)) {}

    void cancel(asio::cancellation_type kind)
    {
        is_cancelled = true;
        next.emit(kind);
    }

    asio::cancellation_signal next;  ///< Cancels the command where it is: in the queue, or on the wire.
    bool is_cancelled = false;
};

}  // namespace

void start_machine_execute(supervisor_pointer const& impl, pending_handler<void(error_code, reply)>&& handler,
                           std::string const& name, command&& request)
{
    auto const driver = driver_named(impl, name);
    if (!driver)
        return handler.post(with_outcome(errc::no_such_machine, outcome::not_sent), reply::unanswered(false));
    auto const slot = handler.slot();
    auto const waiting = std::make_shared<sent_command>(std::move(handler));
    on_cancellation(slot, impl, waiting,
                    [](supervisor_impl const&, std::shared_ptr<sent_command> const& which, asio::cancellation_type kind) {
                        which->cancel(kind);
                    });
    asio::post(impl->executor(), [driver, waiting, executor = impl->executor(), request = std::move(request)]() mutable {
        if (waiting->is_cancelled)
            return waiting->complete_later(asio::error::operation_aborted, reply::unanswered(false));
        auto answered = [waiting](error_code error, reply answer) { waiting->complete(error, std::move(answer)); };
        auto bound = asio::bind_executor(executor, asio::bind_cancellation_slot(waiting->next.slot(), std::move(answered)));
        try {
            driver->execute(std::move(request), {std::move(bound), executor});
        } catch (std::bad_alloc const&) {
            waiting->complete_later(with_outcome(errc::out_of_memory, outcome::not_sent), reply::unanswered(false));
        }
    });
}

void start_shutdown_of_all(supervisor_pointer const& impl, pending_handler<void(error_code)>&& handler,
                           std::chrono::nanoseconds budget)
{
    if (!impl)
        return handler.post(error_code());
    auto const slot = handler.slot();
    auto waiting = std::make_shared<shutdown_wait>(std::move(handler));
    on_cancellation(slot, impl, waiting,
                    [](supervisor_impl& state, std::shared_ptr<shutdown_wait> const& which, asio::cancellation_type kind) {
                        if (kind != asio::cancellation_type::none)
                            state.cancel(which);
                    });
    asio::post(impl->executor(), [impl, waiting = std::move(waiting), budget] { impl->shut_down(budget, waiting); });
}

}  // namespace detail

namespace {

// The parameters are values: the supervisor may be moved while this waits.
asio::awaitable<json::value> returned_by(detail::supervisor_pointer impl, std::string name, command request)
{
    std::string const verb = request.name();
    if (!impl)
        throw system_error(with_outcome(errc::no_such_machine, outcome::not_sent), verb);
    auto operation = detail::initiate<detail::reply_signature, &detail::start_machine_execute>(
        std::move(impl), asio::as_tuple(asio::deferred), std::move(name), std::move(request));
    auto [failure, answer] = co_await std::move(operation);
    if (failure)
        throw system_error(failure, verb);
    if (answer.has_error())
        throw command_failed(verb, std::move(answer).error());
    co_return std::move(answer).value();
}

detail::supervisor_impl::driver_pointer existing_driver(detail::owned_impl<detail::supervisor_impl> const& impl,
                                                        std::string_view name)
{
    auto result = impl ? impl->find(name) : nullptr;
    if (result)
        return result;
    error_code const code = make_error_code(errc::no_such_machine);
    throw detail::explained_error(code, std::string(name) + ": " + code.message());
}

}  // namespace

supervisor::supervisor(executor_type executor, supervisor_options options)
    : impl_(std::make_shared<detail::supervisor_impl>(std::move(executor), std::move(options)))
{}

void supervisor::add(std::string const& name, machine_spec spec, supervision_policy policy, std::vector<std::string> after)
{
    if (impl_)
        impl_->add(name, std::move(spec), policy, std::move(after));
}

void supervisor::start(std::string_view name)
{
    asio::post(impl_->executor(), [driver = existing_driver(impl_, name)] { driver->start(); });
}

void supervisor::restart(std::string_view name)
{
    asio::post(impl_->executor(), [driver = existing_driver(impl_, name)] { driver->restart(); });
}

asio::awaitable<json::value> supervisor::execute(std::string name, command request)
{
    return returned_by(impl_ ? impl_.pointer() : nullptr, std::move(name), std::move(request));
}

void supervisor::observe(std::string const& name, endpoint monitor, supervision_policy policy, session_options session)
{
    if (!impl_) {
        error_code const code = make_error_code(errc::no_such_machine);
        throw detail::explained_error(code, name + ": the supervisor was moved from");
    }
    impl_->observe(name, monitor, policy, session);
}

void supervisor::update(std::string const& name, machine_spec spec, supervision_policy policy, std::vector<std::string> after)
{
    static_cast<void>(existing_driver(impl_, name));
    impl_->update(name, std::move(spec), policy, std::move(after));
}

std::vector<std::string> supervisor::stored_names() const
{
    return impl_ ? impl_->stored_names() : std::vector<std::string>();
}

void supervisor::offer_monitor(std::string_view name, monitor_proxy const& proxy)
{
    auto const driver = existing_driver(impl_, name);
    auto const offered = detail::impl_of(proxy);
    if (!offered)
        return;
    if (offered->executor() != impl_->executor())
        throw std::invalid_argument("supervisor::offer_monitor: the proxy has another executor");
    asio::post(impl_->executor(), [driver, weak = std::weak_ptr(offered)] { driver->offer_monitor(weak); });
}

change_stream supervisor::subscribe(std::size_t capacity)
{
    auto const wanted = capacity != 0 ? capacity : impl_->options().change_capacity;
    change_stream result(impl_->changes().subscribe(impl_->executor(), wanted));
    if (!impl_)
        result.close();
    return result;
}

machine_event_stream supervisor::subscribe_events(event_filter filter, std::size_t capacity)
{
    auto const wanted = capacity != 0 ? capacity : impl_->options().event_capacity;
    auto accepts = [filter = std::move(filter)](machine_event const& what) { return filter.accepts(what.what); };
    machine_event_stream result(impl_->events().subscribe(impl_->executor(), wanted, std::move(accepts)));
    if (!impl_)
        result.close();
    return result;
}

std::vector<std::string> supervisor::names() const
{
    return impl_ ? impl_->names() : std::vector<std::string>();
}

machine_status supervisor::status(std::string_view name) const
{
    return existing_driver(impl_, name)->status();
}

std::optional<::pid_t> supervisor::pid(std::string_view name) const
{
    ::pid_t const number = existing_driver(impl_, name)->pid();
    return number > 0 ? std::optional(number) : std::nullopt;
}

}  // namespace coqmp
