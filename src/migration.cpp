#include <coqmp/migration.hpp>

#include "detail/outcome.hpp"
#include "following/operations.hpp"
#include "following/reported_run.hpp"
#include "migration/migration_impl.hpp"
#include "session/session_impl.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp {

namespace detail {

asio::any_io_executor executor_of(migration_impl const& impl) noexcept
{
    return impl.executor();
}

void close_impl(migration_impl& impl) noexcept
{
    impl.close();
}

namespace {

using migration_end_handler = migration_impl::end_handler;
using migration_progress_handler = migration_impl::progress_handler;
using migration_reply_handler = migration_impl::reply_handler;
using reported_migration_run = reported_run<migration_impl, migration_tracker>;

void start_end_wait(migration_impl_pointer const& impl, migration_end_handler&& handler, purpose what)
{
    if (!impl)
        return handler.post(make_error_code(errc::disconnected), migration_end());
    begin_wait(impl, std::move(handler), what);
}

void start_migration_start(migration_impl_pointer const& impl, migration_reply_handler&& handler)
{
    begin_start(impl, std::move(handler));
}

void start_migration_reported_run(migration_impl_pointer const& impl, reported_migration_run::handler_type&& handler,
                                  reported_migration_run::function on_progress)
{
    std::make_shared<reported_migration_run>(impl, std::move(on_progress), std::move(handler))->start();
}

void start_migration_control(migration_impl_pointer const& impl, migration_reply_handler&& handler, command request)
{
    begin_control(impl, std::move(handler), std::move(request));
}

}  // namespace

void start_migration_wait(migration_impl_pointer const& impl, migration_end_handler&& handler)
{
    start_end_wait(impl, std::move(handler), purpose::wait);
}

void start_migration_run(migration_impl_pointer const& impl, migration_end_handler&& handler)
{
    start_end_wait(impl, std::move(handler), purpose::run);
}

void start_migration_cancel(migration_impl_pointer const& impl, migration_end_handler&& handler)
{
    start_end_wait(impl, std::move(handler), purpose::cancel);
}

void start_migration_wait_for(migration_impl_pointer const& impl, migration_progress_handler&& handler, migration_state goal)
{
    if (!impl)
        return handler.post(make_error_code(errc::disconnected), migration_progress());
    begin_read(impl, std::move(handler), goal);
}

void start_migration_next(migration_impl_pointer const& impl, migration_progress_handler&& handler)
{
    if (!impl)
        return handler.post(make_error_code(errc::end_of_stream), migration_progress());
    begin_read(impl, std::move(handler), std::nullopt);
}

}  // namespace detail

namespace {

using migration_pointer = detail::migration_impl_pointer;
using migration_progress_function = detail::reported_migration_run::function;
using session_pointer = std::shared_ptr<detail::session_impl>;

/// @param start none: follows what is there
migration_pointer make_migration(session const& on, std::optional<command> start)
{
    return std::make_shared<detail::migration_impl>(on.get_executor(), detail::impl_of(on), detail::migration_tracker(),
                                                    detail::migration_events(), std::move(start));
}

// The coroutines hold the implementations, not the handles: these may be moved or destroyed while they wait.

asio::awaitable<void> send(session_pointer monitor, command request)
{
    std::string const name = request.name();
    if (!monitor)
        throw system_error(with_outcome(errc::disconnected, outcome::not_sent), name);
    auto operation = detail::initiate<void(error_code, reply), &detail::start_execute>(monitor, asio::as_tuple(asio::deferred),
                                                                                       std::move(request));
    auto [error, answer] = co_await std::move(operation);
    if (error)
        throw system_error(error, name);
    if (answer.has_error())
        throw command_failed(name, std::move(answer).error());
}

json::object capability(std::string_view name, bool on)
{
    return {{"capability", name}, {"state", on}};
}

command capabilities_of(migration_spec const& spec)
{
    json::array all;
    for (auto const& [name, on] : spec.capabilities())
        all.push_back(capability(name, on));
    return command("migrate-set-capabilities").with("capabilities", std::move(all));
}

/// Turns the events of migrations on. A QEMU that does not have them is asked instead.
asio::awaitable<void> turn_events_on(session_pointer monitor)
{
    command what("migrate-set-capabilities");
    what.with("capabilities", json::array{capability("events", true)});
    try {
        co_await send(std::move(monitor), std::move(what));
    } catch (command_failed const&) {
        // Then migration_tracker::longest_silence() is short.
    }
}

asio::awaitable<void> prepare_and_start(session_pointer monitor, migration_pointer impl, migration_spec spec, std::string name)
{
    co_await turn_events_on(monitor);
    if (!spec.capabilities().empty())
        co_await send(monitor, capabilities_of(spec));
    if (!spec.parameters().empty())
        co_await send(monitor, command("migrate-set-parameters", spec.parameters()));
    auto operation =
        detail::initiate<void(error_code, reply), &detail::start_migration_start>(impl, asio::as_tuple(asio::deferred));
    auto [error, answer] = co_await std::move(operation);
    if (error)
        throw system_error(error, name);
    if (answer.has_error())
        throw command_failed(name, std::move(answer).error());
}

void throw_unless_completed(error_code error, migration_end const& end)
{
    if (error)
        throw system_error(error, "migration");
    if (end.outcome != migration_outcome::completed)
        throw migration_failed(end);
}

asio::awaitable<void> wait_for_end(migration_pointer impl)
{
    auto operation =
        detail::initiate<void(error_code, migration_end), &detail::start_migration_wait>(impl, asio::as_tuple(asio::deferred));
    auto [error, end] = co_await std::move(operation);
    throw_unless_completed(error, end);
}

/// @param on_progress empty: the progress is not read
asio::awaitable<void> run_to_end(migration_pointer impl, migration_progress_function on_progress)
{
    auto operation = detail::initiate<void(error_code, migration_end, std::exception_ptr), &detail::start_migration_reported_run>(
        impl, asio::as_tuple(asio::deferred), std::move(on_progress));
    auto [error, end, failure] = co_await std::move(operation);
    if (failure)
        std::rethrow_exception(failure);
    throw_unless_completed(error, end);
}

asio::awaitable<std::optional<migration_progress>> next_of(migration_pointer impl)
{
    std::optional<migration_progress> result;
    auto operation = detail::initiate<void(error_code, migration_progress), &detail::start_migration_next>(
        impl, asio::as_tuple(asio::deferred));
    auto [error, progress] = co_await std::move(operation);
    if (!error)
        result.emplace(progress);
    else if (error != errc::end_of_stream)
        throw system_error(error, "migration");
    co_return result;
}

asio::awaitable<void> control(migration_pointer impl, command request)
{
    std::string const name = request.name();
    auto operation = detail::initiate<void(error_code, reply), &detail::start_migration_control>(
        impl, asio::as_tuple(asio::deferred), std::move(request));
    auto [error, answer] = co_await std::move(operation);
    if (error)
        throw system_error(error, name);
    if (answer.has_error())
        throw command_failed(name, std::move(answer).error());
}

/// Sends it out of band, if that is possible: QEMU's main loop may hang with the connection.
command urgently(migration_pointer const& impl, command request)
{
    if (impl->has_out_of_band())
        request.out_of_band();
    return request;
}

/// The coroutine of an operation on a moved-from handle.
template <class Result>
asio::awaitable<Result> fail_without_migration()
{
    throw system_error(with_outcome(errc::disconnected, outcome::not_sent), "migration");
    co_return Result();
}

}  // namespace

asio::awaitable<migration> start_migration(session& source, migration_spec spec)
{
    session_pointer monitor = detail::impl_of(source);
    auto impl = make_migration(source, command("migrate").with(spec.address_kind(), spec.address()));
    migration made(impl);
    co_await prepare_and_start(std::move(monitor), std::move(impl), std::move(spec), "migrate");
    co_return std::move(made);
}

asio::awaitable<migration> receive_migration(session& destination, migration_spec spec)
{
    session_pointer monitor = detail::impl_of(destination);
    auto impl = make_migration(destination, command("migrate-incoming").with(spec.address_kind(), spec.address()));
    migration made(impl);
    co_await prepare_and_start(std::move(monitor), std::move(impl), std::move(spec), "migrate-incoming");
    co_return std::move(made);
}

migration attach_migration(session const& of)
{
    return migration(make_migration(of, std::nullopt));
}

migration::executor_type migration::get_executor() const noexcept
{
    return impl_->executor();
}

migration_progress migration::progress() const
{
    return impl_->published().newest();
}

void migration::progress_interval(std::chrono::nanoseconds interval)
{
    impl_->published().set_interval(interval);
}

asio::awaitable<std::optional<migration_progress>> migration::next_progress()
{
    return impl_ ? next_of(impl_.pointer()) : fail_without_migration<std::optional<migration_progress>>();
}

asio::awaitable<void> migration::wait()
{
    return impl_ ? wait_for_end(impl_.pointer()) : fail_without_migration<void>();
}

asio::awaitable<void> migration::run(migration_progress_function on_progress)
{
    return impl_ ? run_to_end(impl_.pointer(), std::move(on_progress)) : fail_without_migration<void>();
}

asio::awaitable<void> migration::start_postcopy()
{
    return impl_ ? control(impl_.pointer(), "migrate-start-postcopy") : fail_without_migration<void>();
}

asio::awaitable<void> migration::proceed()
{
    return impl_ ? control(impl_.pointer(), command("migrate-continue").with("state", "pre-switchover"))
                 : fail_without_migration<void>();
}

asio::awaitable<void> migration::pause()
{
    return impl_ ? control(impl_.pointer(), urgently(impl_.pointer(), "migrate-pause")) : fail_without_migration<void>();
}

asio::awaitable<void> migration::accept_recovery(std::string uri)
{
    if (!impl_)
        return fail_without_migration<void>();
    return control(impl_.pointer(), urgently(impl_.pointer(), command("migrate-recover").with("uri", uri)));
}

asio::awaitable<void> migration::recover(std::string uri)
{
    return impl_ ? control(impl_.pointer(), command("migrate").with("uri", uri).with("resume", true))
                 : fail_without_migration<void>();
}

}  // namespace coqmp
