#include <coqmp/guest_agent.hpp>

#include "guest_agent/answers.hpp"
#include "guest_agent/calls.hpp"
#include "guest_agent/exec.hpp"
#include "guest_agent/file_transfer.hpp"
#include "guest_agent/guest_agent_impl.hpp"

#include <boost/system/system_error.hpp>

#include <optional>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using boost::system::system_error;

namespace coqmp {

namespace detail {

asio::any_io_executor executor_of(guest_agent_impl const& impl) noexcept
{
    return impl.executor();
}

std::shared_ptr<guest_agent_impl> impl_of(guest_agent const& handle) noexcept
{
    return handle.impl_ ? handle.impl_.pointer() : nullptr;
}

void start_agent_connect(guest_agent_impl::pointer const& impl, guest_agent_impl::plain_handler&& handler, endpoint&& address)
{
    if (!impl)
        return handler.post(make_error_code(errc::disconnected));
    auto const slot = handler.slot();
    auto const waiting = std::make_shared<guest_agent_impl::plain_handler>(std::move(handler));
    on_cancellation(slot, impl, waiting, [](guest_agent_impl& state, auto const& which, asio::cancellation_type kind) {
        if (kind != asio::cancellation_type::none)
            state.cancel_connect(which);
    });
    asio::dispatch(impl->executor(), [impl, waiting, target = std::move(address)] { impl->connect(waiting, target); });
}

void start_agent_execute(guest_agent_impl::pointer const& impl, agent_command::handler_type&& handler, command&& request)
{
    begin_agent_command(impl, std::move(handler), std::move(request),
                        [](guest_agent_impl& state, auto const& pending) { state.submit(pending); });
}

}  // namespace detail

namespace {

// The coroutines hold the implementation, not the agent: the agent may be moved or destroyed while they wait.
using agent_pointer = std::shared_ptr<detail::guest_agent_impl>;

/// The coroutine of an operation on a moved-from agent.
template <class Result>
asio::awaitable<Result> fail_on_moved_agent(std::string name)
{
    throw system_error(with_outcome(errc::disconnected, outcome::not_sent), name);
    co_return Result();
}

asio::awaitable<void> without_value(asio::awaitable<json::value> operation)
{
    static_cast<void>(co_await std::move(operation));
}

asio::awaitable<guest_agent_info> information_from(asio::awaitable<json::value> operation)
{
    json::value const answer = co_await std::move(operation);
    auto information = detail::read_information(answer);
    if (!information)
        throw system_error(make_error_code(errc::malformed_answer), "guest-info");
    co_return *std::move(information);
}

command freeze_command(std::vector<std::string> const& mountpoints)
{
    if (mountpoints.empty())
        return command("guest-fsfreeze-freeze");
    return command("guest-fsfreeze-freeze-list").with("mountpoints", mountpoints);
}

}  // namespace

guest_agent::guest_agent(executor_type executor, guest_agent_options options)
    : impl_(std::make_shared<detail::guest_agent_impl>(std::move(executor), std::move(options)))
{}

guest_agent& guest_agent::operator=(guest_agent&& other) noexcept
{
    if (this != &other) {
        close();
        impl_ = std::move(other.impl_);
    }
    return *this;
}

guest_agent::~guest_agent()
{
    close();
}

guest_agent::executor_type guest_agent::get_executor() const noexcept
{
    return impl_->executor();
}

asio::awaitable<json::value> guest_agent::execute(command request)
{
    if (!impl_)
        return fail_on_moved_agent<json::value>(request.name());
    return detail::call(impl_.pointer(), std::move(request));
}

asio::awaitable<void> guest_agent::ping()
{
    return without_value(execute("guest-ping"));
}

asio::awaitable<guest_agent_info> guest_agent::info()
{
    return information_from(execute("guest-info"));
}

asio::awaitable<guest_program_result> guest_agent::exec(guest_program program)
{
    if (!impl_)
        return fail_on_moved_agent<guest_program_result>("guest-exec");
    return detail::run_program(impl_.pointer(), std::move(program));
}

asio::awaitable<std::string> guest_agent::read_file(std::string path)
{
    if (!impl_)
        return fail_on_moved_agent<std::string>("guest-file-open");
    return detail::read_guest_file(impl_.pointer(), std::move(path), 0, std::nullopt);
}

asio::awaitable<std::string> guest_agent::read_file(std::string path, std::uint64_t offset, std::size_t count)
{
    if (!impl_)
        return fail_on_moved_agent<std::string>("guest-file-open");
    return detail::read_guest_file(impl_.pointer(), std::move(path), offset, count);
}

asio::awaitable<void> guest_agent::write_file(std::string path, std::string bytes)
{
    if (!impl_)
        return fail_on_moved_agent<void>("guest-file-open");
    return detail::write_guest_file(impl_.pointer(), std::move(path), std::move(bytes), std::nullopt);
}

asio::awaitable<void> guest_agent::write_file(std::string path, std::string bytes, std::uint64_t offset)
{
    if (!impl_)
        return fail_on_moved_agent<void>("guest-file-open");
    return detail::write_guest_file(impl_.pointer(), std::move(path), std::move(bytes), offset);
}

asio::awaitable<guest_freeze> guest_agent::freeze(std::chrono::nanoseconds limit, std::vector<std::string> mountpoints)
{
    agent_pointer const impl = impl_ ? impl_.pointer() : nullptr;
    return guest_freeze::begin(impl, freeze_command(mountpoints), limit);
}

asio::awaitable<void> guest_agent::shutdown(std::string mode)
{
    return without_value(execute(command("guest-shutdown").with("mode", mode)));
}

void guest_agent::close() noexcept
{
    if (impl_)
        impl_->close();
}

}  // namespace coqmp
