#include <coqmp/monitor_proxy.hpp>

#include "detail/cancellation.hpp"
#include "proxy/monitor_proxy_impl.hpp"
#include "server/monitor_server_impl.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/system/system_error.hpp>

#include <stdexcept>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp {

namespace detail {

std::shared_ptr<monitor_proxy_impl> impl_of(monitor_proxy const& handle) noexcept
{
    return handle.impl_ ? handle.impl_.pointer() : nullptr;
}

asio::any_io_executor executor_of(monitor_proxy_impl const& impl) noexcept
{
    return impl.executor();
}

void close_impl(monitor_proxy_impl& impl) noexcept
{
    impl.close();
}

void start_proxy_dial(monitor_proxy_impl::pointer const& impl, monitor_server_impl::dial_handler&& handler,
                      endpoint const& client)
{
    start_server_dial(impl ? impl_of(impl->server()) : nullptr, std::move(handler), client);
}

void start_proxy_drain(monitor_proxy_impl::pointer const& impl, monitor_proxy_impl::drain_handler&& handler)
{
    if (!impl)
        return handler.post(make_error_code(errc::disconnected));
    auto const slot = handler.slot();
    auto const waiting = std::make_shared<monitor_proxy_impl::drain_handler>(std::move(handler));
    on_cancellation(slot, impl, waiting, [](monitor_proxy_impl& state, auto const& which, asio::cancellation_type kind) {
        if (kind != asio::cancellation_type::none)
            state.cancel_drain(which);
    });
    asio::dispatch(impl->executor(), [impl, waiting] { impl->drain(waiting); });
}

}  // namespace detail

monitor_proxy::monitor_proxy(executor_type executor, monitor_proxy_options options)
    : impl_(std::make_shared<detail::monitor_proxy_impl>(std::move(executor), std::move(options)))
{
    impl_->start();
}

monitor_proxy::executor_type monitor_proxy::get_executor() const noexcept
{
    return impl_->executor();
}

void monitor_proxy::use(session const& upstream)
{
    auto session = detail::impl_of(upstream);
    if (!session || session->negotiated() == nullptr)
        throw std::invalid_argument("monitor_proxy::use: the session has not negotiated");
    if (session->executor() != get_executor())
        throw std::invalid_argument("monitor_proxy::use: the session has another executor");
    if (impl_)
        impl_->run_at_home([session = std::move(session)](detail::monitor_proxy_impl& self) { self.use(session); });
}

endpoint monitor_proxy::listen(endpoint const& address, socket_access access)
{
    if (!impl_)
        throw boost::system::system_error(make_error_code(errc::disconnected), "listen");
    return impl_->server().listen(address, access);
}

bool monitor_proxy::stop_listening(endpoint const& address)
{
    return impl_ && impl_->server().stop_listening(address);
}

void monitor_proxy::apply_policies()
{
    if (impl_)
        impl_->run_at_home([](detail::monitor_proxy_impl& self) { self.apply_policies(); });
}

std::size_t monitor_proxy::client_count() const noexcept
{
    return impl_ ? impl_->server().client_count() : 0;
}

void monitor_proxy::close() noexcept
{
    if (impl_)
        impl_->close();
}

}  // namespace coqmp
