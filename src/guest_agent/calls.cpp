#include "guest_agent/calls.hpp"

#include "detail/deadline_after.hpp"

#include <coqmp/command_failed.hpp>
#include <coqmp/detail/initiation.hpp>
#include <coqmp/guest_agent.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp::detail {

namespace {

using impl_pointer = guest_agent_impl::pointer;
using handler_type = agent_command::handler_type;

void start_open_file(impl_pointer const& impl, handler_type&& handler, command&& what)
{
    begin_agent_command(impl, std::move(handler), std::move(what),
                        [](guest_agent_impl& state, auto const& pending) { state.files().open(pending); });
}

void start_close_file(impl_pointer const& impl, handler_type&& handler, command&& what, std::int64_t handle)
{
    begin_agent_command(impl, std::move(handler), std::move(what),
                        [handle](guest_agent_impl& state, auto const& pending) { state.files().close(pending, handle); });
}

void start_freeze(impl_pointer const& impl, handler_type&& handler, command&& what, freeze_state::ticket holder,
                  std::chrono::nanoseconds limit)
{
    begin_agent_command(impl, std::move(handler), std::move(what), [holder, limit](guest_agent_impl& state, auto const& pending) {
        state.freeze().freeze(pending, holder, limit);
    });
}

void start_thaw(impl_pointer const& impl, handler_type&& handler, command&& what, freeze_state::ticket holder)
{
    begin_agent_command(impl, std::move(handler), std::move(what), [holder](guest_agent_impl& state, auto const& pending) {
        state.freeze().thaw(pending, holder);
        state.proceed();
    });
}

json::value value_or_throw(std::string const& name, error_code error, reply&& answer)
{
    if (error)
        throw system_error(error, name);
    if (answer.has_error())
        throw command_failed(name, std::move(answer).error());
    return std::move(answer).value();
}

std::int64_t number_or_throw(std::string const& name, json::value const& answer)
{
    if (!answer.is_int64())
        throw system_error(make_error_code(errc::malformed_answer), name);
    return answer.get_int64();
}

/// Performs an operation whose initiating function takes a command and more arguments.
template <auto Start, class... Arguments>
asio::awaitable<json::value> perform(impl_pointer impl, command what, Arguments... arguments)
{
    std::string const name = what.name();
    auto operation = initiate<void(error_code, reply), Start>(std::move(impl), asio::as_tuple(asio::deferred), std::move(what),
                                                              std::move(arguments)...);
    auto [error, answer] = co_await std::move(operation);
    co_return value_or_throw(name, error, std::move(answer));
}

/// A timer whose clock forgets it at its end.
class clock_timer
{
public:
    explicit clock_timer(asio::any_io_executor const& executor) : clock_(time_source_of(executor)), timer_(executor) {}
    clock_timer(clock_timer const&) = delete;
    clock_timer& operator=(clock_timer const&) = delete;
    ~clock_timer() { clock_.forget(timer_); }

    [[nodiscard]] time_source& clock() noexcept { return clock_; }
    [[nodiscard]] asio::steady_timer& timer() noexcept { return timer_; }

private:
    time_source& clock_;
    asio::steady_timer timer_;
};

}  // namespace

asio::awaitable<json::value> call(impl_pointer impl, command what)
{
    return perform<&start_agent_execute>(std::move(impl), std::move(what));
}

asio::awaitable<std::int64_t> call_open(impl_pointer impl, std::string path, std::string mode)
{
    command what("guest-file-open");
    what.with("path", path).with("mode", mode);
    std::string const name = what.name() + " " + path;
    auto operation =
        initiate<void(error_code, reply), &start_open_file>(std::move(impl), asio::as_tuple(asio::deferred), std::move(what));
    auto [error, answer] = co_await std::move(operation);
    co_return number_or_throw(name, value_or_throw(name, error, std::move(answer)));
}

asio::awaitable<void> call_close(impl_pointer impl, std::int64_t handle)
{
    command what("guest-file-close");
    what.with("handle", handle);
    auto operation = perform<&start_close_file>(std::move(impl), std::move(what), handle);
    static_cast<void>(co_await std::move(operation));
}

asio::awaitable<std::int64_t> call_freeze(impl_pointer impl, command what, freeze_state::ticket holder,
                                          std::chrono::nanoseconds limit)
{
    std::string const name = what.name();
    auto operation = perform<&start_freeze>(std::move(impl), std::move(what), holder, limit);
    json::value const answer = co_await std::move(operation);
    co_return number_or_throw(name, answer);
}

asio::awaitable<std::int64_t> call_thaw(impl_pointer impl, freeze_state::ticket holder)
{
    command what("guest-fsfreeze-thaw");
    std::string const name = what.name();
    auto operation = perform<&start_thaw>(std::move(impl), std::move(what), holder);
    json::value const answer = co_await std::move(operation);
    co_return number_or_throw(name, answer);
}

asio::awaitable<void> pause(impl_pointer impl, std::chrono::nanoseconds duration)
{
    asio::any_io_executor const executor = impl->executor();
    if (!executor)
        throw system_error(make_error_code(errc::disconnected), "guest agent");
    clock_timer waiting(executor);
    auto const end = deadline_after(duration, waiting.clock().now());
    while (waiting.clock().now() < end) {
        waiting.clock().expire_at(waiting.timer(), end);
        // If the coroutine was cancelled, the next co_await throws.
        co_await waiting.timer().async_wait(asio::as_tuple(asio::deferred));
    }
}

}  // namespace coqmp::detail
