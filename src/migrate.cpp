#include <coqmp/migrate.hpp>

#include <coqmp/migration.hpp>

#include "detail/explained_error.hpp"
#include "machine/machine_impl.hpp"
#include "process/last_lines.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace this_coro = boost::asio::this_coro;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp {

namespace {

using machine_pointer = detail::machine_impl_pointer;
using migration_reporter = std::function<void(migration_progress const&)>;

/// A QEMU whose incoming migration has failed exits at once. One that the source never reached does not exit.
constexpr auto grace_of_destination = std::chrono::seconds(5);

void check_runs(machine_pointer const& which, std::string_view name)
{
    char const* problem = nullptr;
    if (!which)
        problem = " was moved from";
    else if (which->process().pid() < 0)
        problem = " was not started";
    else if (which->process().end())
        problem = " has ended";
    if (problem != nullptr)
        throw detail::explained_error(make_error_code(errc::not_running),
                                      "cannot migrate the guest: the " + std::string(name) + problem);
}

void check_machines(machine_pointer const& source, machine_pointer const& destination)
{
    check_runs(source, "source");
    check_runs(destination, "destination");
    if (source == destination)
        throw std::invalid_argument("cannot migrate the guest: source and destination are the same machine");
}

/// The source then keeps the guest until the destination has loaded it.
migration_spec with_return_path(migration_spec spec)
{
    auto const is_return_path = [](auto const& each) { return each.first == "return-path"; };
    if (std::ranges::none_of(spec.capabilities(), is_return_path))
        spec.capability("return-path");
    return spec;
}

asio::awaitable<bool> is_cancelled()
{
    auto const state = co_await this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

/// If the start is cancelled, QEMU may have accepted it all the same.
asio::awaitable<migration> start_or_cancel(machine_pointer source, migration_spec spec)
{
    std::exception_ptr aborted;
    try {
        co_return co_await start_migration(source->session(), std::move(spec));
    } catch (system_error const& failure) {
        if (failure.code() != asio::error::operation_aborted)
            throw;
        aborted = std::current_exception();
    }
    auto cancelling = source->session().async_execute("migrate_cancel", asio::as_tuple(asio::deferred));
    co_await std::move(cancelling);
    std::rethrow_exception(aborted);
}

/// @return how it ended at the source
asio::awaitable<migration_end> depart(migration& departure, migration_reporter on_progress)
{
    bool const was_cancelled = co_await is_cancelled();
    if (was_cancelled) {  // run() would only notice the next cancellation
        auto cancelling = departure.async_cancel(asio::as_tuple(asio::deferred));
        auto [error, end] = co_await std::move(cancelling);
        if (error)
            throw system_error(error, "migration");
        co_return end;
    }
    try {
        co_await departure.run(std::move(on_progress));
    } catch (migration_failed const& failure) {
        co_return failure.end();
    }
    co_return migration_end(migration_outcome::completed);
}

/// @return how it ended at the destination
asio::awaitable<migration_end> arrive(migration& arrival)
{
    bool const was_cancelled = co_await is_cancelled();
    auto waiting = arrival.async_wait(asio::as_tuple(asio::deferred));
    auto [error, end] = co_await std::move(waiting);
    if (error == asio::error::operation_aborted) {
        if (was_cancelled)
            throw system_error(error, "migration");
        co_return co_await arrive(arrival);  // the first cancellation comes too late: the guest arrives all the same
    }
    if (error)
        co_return migration_end(migration_outcome::failed,
                                "the destination ended before it had reported the arrival of the guest");
    co_return end;
}

/// Its standard error is complete when it has ended.
asio::awaitable<void> wait_for_exit(machine_pointer which)
{
    auto const executor = co_await this_coro::executor;
    auto const limit = std::make_shared<asio::steady_timer>(executor, grace_of_destination);
    auto ended = [limit](error_code, exit_status) { limit->expires_at(asio::steady_timer::time_point::min()); };
    detail::start_machine_wait(which, {asio::bind_executor(executor, std::move(ended)), which->executor()});
    co_await limit->async_wait(asio::as_tuple(asio::deferred));
}

/// Waits until QEMU has given the machine the run state of the guest that has arrived.
asio::awaitable<void> wait_for_run_state(machine_pointer which)
{
    bool was_cancelled = co_await is_cancelled();
    run_state state = which->states()->state();
    while (state == run_state::unknown || state == run_state::inmigrate) {
        auto change = detail::initiate<void(error_code, run_state), &detail::start_machine_state_wait>(
            which, asio::as_tuple(asio::deferred), state);
        auto [error, next] = co_await std::move(change);
        if (error == asio::error::operation_aborted && !std::exchange(was_cancelled, true))
            continue;  // as in arrive()
        if (error)
            throw system_error(error, "waiting for the run state of the destination");
        state = next;
    }
}

std::string written_since(std::string_view before, std::string_view now)
{
    if (now.starts_with(before))
        now.remove_prefix(before.size());
    return detail::last_lines(now);
}

asio::awaitable<void> transfer(machine_pointer source, machine_pointer destination, migration_spec spec, migration& arrival,
                               migration_reporter on_progress)
{
    std::string const before = destination->process().standard_error();
    migration departure = co_await start_or_cancel(source, std::move(spec));
    migration_end end = co_await depart(departure, std::move(on_progress));
    if (end.outcome == migration_outcome::completed)
        end = co_await arrive(arrival);
    if (end.outcome == migration_outcome::failed) {
        co_await wait_for_exit(destination);
        throw migration_failed(end, written_since(before, destination->process().standard_error()));
    }
    if (end.outcome != migration_outcome::completed)
        throw migration_failed(end);
    co_await wait_for_run_state(destination);
}

// The coroutines hold the implementations, not the handles: these may be moved or destroyed while they wait.
asio::awaitable<void> move_guest(machine_pointer source, machine_pointer destination, migration_spec spec,
                                 migration_reporter on_progress)
{
    check_machines(source, destination);
    spec = with_return_path(std::move(spec));
    migration arrival = co_await receive_migration(destination->session(), spec);
    // From here on a cancellation has to reach QEMU, and must not keep a guest that moves all the same from arriving.
    bool const throws = co_await this_coro::throw_if_cancelled();
    std::exception_ptr failure;
    try {
        co_await this_coro::throw_if_cancelled(false);
        co_await transfer(source, destination, std::move(spec), arrival, std::move(on_progress));
    } catch (...) {
        failure = std::current_exception();
    }
    co_await this_coro::throw_if_cancelled(throws);
    if (failure)
        std::rethrow_exception(failure);
}

}  // namespace

asio::awaitable<void> migrate(machine& source, machine& destination, migration_spec spec, migration_reporter on_progress)
{
    return move_guest(detail::impl_of(source), detail::impl_of(destination), std::move(spec), std::move(on_progress));
}

}  // namespace coqmp
