#include <coqmp/monitor_server.hpp>

#include "detail/cancellation.hpp"
#include "server/coroutine_handler.hpp"
#include "server/monitor_server_impl.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp {

namespace detail {

asio::any_io_executor executor_of(monitor_server_impl const& impl) noexcept
{
    return impl.executor();
}

std::shared_ptr<monitor_server_impl> impl_of(monitor_server const& handle) noexcept
{
    return handle.impl_ ? handle.impl_.pointer() : nullptr;
}

void close_impl(monitor_server_impl& impl) noexcept
{
    impl.close();
}

void start_server_dial(monitor_server_impl::pointer const& impl, monitor_server_impl::dial_handler&& handler,
                       endpoint const& client)
{
    if (!impl)
        return handler.post(make_error_code(errc::disconnected), std::uint64_t(0));
    auto const slot = handler.slot();
    auto const waiting = std::make_shared<monitor_server_impl::dial_handler>(std::move(handler));
    on_cancellation(slot, impl, waiting, [](monitor_server_impl& state, auto const& which, asio::cancellation_type kind) {
        if (kind != asio::cancellation_type::none)
            state.cancel_dial(which);
    });
    asio::post(impl->executor(), [impl, waiting, client] { impl->dial(waiting, client); });
}

}  // namespace detail

monitor_server::monitor_server(executor_type executor, monitor_server_options options)
    : impl_(std::make_shared<detail::monitor_server_impl>(std::move(executor), std::move(options)))
{}

monitor_server::executor_type monitor_server::get_executor() const noexcept
{
    return impl_->executor();
}

void monitor_server::handle(std::string name, callback handler, command_bands bands)
{
    if (impl_)
        impl_->handlers().add(std::move(name), std::move(handler), bands);
}

void monitor_server::handle(std::string name, coroutine handler, command_bands bands)
{
    handle(std::move(name), detail::as_callback(std::move(handler)), bands);
}

void monitor_server::handle_others(callback handler)
{
    if (impl_)
        impl_->handlers().add_others(std::move(handler));
}

void monitor_server::handle_others(coroutine handler)
{
    handle_others(detail::as_callback(std::move(handler)));
}

endpoint monitor_server::listen(endpoint const& address, socket_access access)
{
    if (!impl_ || !impl_->executor() || impl_->is_closed())
        throw boost::system::system_error(make_error_code(errc::disconnected), "listen");
    return impl_->listen(address, access);
}

bool monitor_server::stop_listening(endpoint const& address)
{
    return impl_ && impl_->executor() && impl_->stop_listening(address);
}

void monitor_server::publish(std::string name, boost::json::object data)
{
    event now;
    now.name = std::move(name);
    now.data = std::move(data);
    now.timestamp = std::chrono::system_clock::now();
    publish(std::move(now));
}

void monitor_server::publish(event what)
{
    if (impl_)
        impl_->run_at_home([what = std::move(what)](detail::monitor_server_impl& self) { self.publish(what); });
}

void monitor_server::publish(event what, std::uint64_t client)
{
    if (impl_)
        impl_->run_at_home([what = std::move(what), client](detail::monitor_server_impl& self) { self.publish(what, client); });
}

void monitor_server::choose_events(std::uint64_t client, event_filter filter)
{
    if (impl_)
        impl_->run_at_home(
            [client, filter = std::move(filter)](detail::monitor_server_impl& self) { self.choose_events(client, filter); });
}

void monitor_server::greet_with(greeting what)
{
    if (impl_)
        impl_->run_at_home([what = std::move(what)](detail::monitor_server_impl& self) { self.greet_with(what); });
}

void monitor_server::accept_clients(bool wanted)
{
    if (impl_)
        impl_->run_at_home([wanted](detail::monitor_server_impl& self) { self.accept_clients(wanted); });
}

void monitor_server::disconnect(std::uint64_t client)
{
    if (impl_)
        impl_->run_at_home([client](detail::monitor_server_impl& self) { self.disconnect(client); });
}

std::size_t monitor_server::client_count() const noexcept
{
    return impl_ ? impl_->client_count() : 0;
}

void monitor_server::close() noexcept
{
    if (impl_)
        impl_->close();
}

}  // namespace coqmp
