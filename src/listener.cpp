#include <coqmp/listener.hpp>

#include "listener/listener_impl.hpp"

#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <utility>

namespace coqmp {

namespace {

/// Where a client must connect to for a socket that is bound to all addresses.
std::string reachable(std::string const& host)
{
    if (host == "0.0.0.0" || host == "*")
        return "127.0.0.1";
    if (host == "::")
        return "::1";
    return host;
}

/// A value in an option string of QEMU's.
std::string with_doubled_commas(std::string_view text)
{
    std::string result;
    for (char const letter : text)
        result.append(letter == ',' ? 2 : 1, letter);
    return result;
}

}  // namespace

std::vector<std::string> detail::qemu_arguments(endpoint const& address, std::string_view id, std::string_view options)
{
    std::string const name = with_doubled_commas(id);
    std::string const target =
        address.is_unix() ? "path=" + with_doubled_commas(address.path())
                          : "host=" + with_doubled_commas(reachable(address.host())) + ",port=" + std::to_string(address.port());
    std::string const more = options.empty() ? std::string() : ',' + std::string(options);
    return {"-chardev", "socket,id=" + name + ',' + target + more, "-mon", "chardev=" + name + ",mode=control"};
}

boost::asio::any_io_executor detail::executor_of(listener_impl const& impl) noexcept
{
    return impl.executor();
}

std::shared_ptr<detail::listener_impl> detail::impl_of(listener const& handle) noexcept
{
    return handle.impl_ ? handle.impl_.pointer() : nullptr;
}

listener::listener(executor_type executor, endpoint address, listener_options options)
    : impl_(std::make_shared<detail::listener_impl>(std::move(executor), address, std::move(options)))
{}

listener& listener::operator=(listener&& other) noexcept
{
    if (this != &other) {
        close();
        impl_ = std::move(other.impl_);
    }
    return *this;
}

listener::~listener()
{
    close();
}

listener::executor_type listener::get_executor() const noexcept
{
    return impl_->executor();
}

endpoint const& listener::local_endpoint() const noexcept
{
    return impl_->local();
}

std::vector<std::string> listener::qemu_arguments(std::string_view id) const
{
    return detail::qemu_arguments(local_endpoint(), id);
}

std::uint64_t listener::refused() const noexcept
{
    return impl_->refused();
}

void listener::close() noexcept
{
    if (impl_)
        impl_->close();
}

void listener::start_accept(std::shared_ptr<detail::listener_impl> const& impl, accept_handler handler)
{
    if (impl) {
        detail::listener_impl::start_accept(impl, std::move(handler));
    } else {
        // Without the handler's executor, which keeps its context running.
        session unconnected(boost::asio::prefer(handler.home(), boost::asio::execution::outstanding_work.untracked));
        handler.post(make_error_code(errc::disconnected), std::move(unconnected));
    }
}

}  // namespace coqmp
