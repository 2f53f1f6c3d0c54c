#include "net/dialer.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace asio = boost::asio;
using boost::system::error_code;

namespace coqmp::detail {

namespace {

// A unix socket connects at once or not at all. Asio takes EAGAIN for "in progress", and then for success.
error_code connect_at_once(stream_socket& socket, asio::generic::stream_protocol::endpoint const& address)
{
    int result = 0;
    do {
        result = ::connect(socket.native_handle(), address.data(), static_cast<::socklen_t>(address.size()));
    } while (result != 0 && errno == EINTR);
    if (result == 0)
        return {};
    if (errno == EAGAIN)  // QEMU listens with a backlog of 1: others wait for this monitor already
        return make_error_code(errc::monitor_busy);
    return {errno, boost::system::system_category()};
}

}  // namespace

dialer::dialer(asio::any_io_executor executor) : executor_(std::move(executor)), socket_(executor_) {}

void dialer::dial(connect_target target, completion done)
{
    done_ = std::move(done);
    if (auto* const connection = std::get_if<unique_fd>(&target))
        return use(connection->release());
    auto const& peer = std::get<endpoint>(target);
    if (peer.is_descriptor()) {
        duplicate(peer.descriptor_number());
    } else if (peer.is_unix()) {
        addresses_.emplace_back(asio::local::stream_protocol::endpoint(peer.path()));
        try_next({});
    } else {
        resolve(peer.host(), peer.port());
    }
}

void dialer::cancel() noexcept
{
    done_ = nullptr;
    error_code ignored;
    socket_.close(ignored);
    if (resolver_)
        resolver_->cancel();
}

void dialer::use(int number)
{
    error_code const error = number < 0 ? error_code(errno, boost::system::system_category()) : adopt(socket_, number);
    asio::post(executor_, [self = shared_from_this(), error] { self->finish(error); });
}

void dialer::duplicate(int number)
{
    use(::fcntl(number, F_DUPFD_CLOEXEC, 0));
}

void dialer::resolve(std::string const& host, std::uint16_t port)
{
    error_code no_number;
    auto const number = asio::ip::make_address(host, no_number);
    if (!no_number) {
        addresses_.emplace_back(asio::ip::tcp::endpoint(number, port));
        try_next({});
        return;
    }
    auto resolved = [self = shared_from_this()](error_code error, resolver::results_type const& found) {
        for (auto const& one : found)
            self->addresses_.emplace_back(one.endpoint());
        self->try_next(error);
    };
    resolver_.emplace(executor_);
    resolver_->async_resolve(host, std::to_string(port), asio::ip::tcp::resolver::numeric_service, std::move(resolved));
}

void dialer::try_next(error_code last)
{
    if (!done_)
        return;
    error_code ignored;
    socket_.close(ignored);
    if (tried_ == addresses_.size()) {
        finish(last ? last : error_code(asio::error::host_not_found));
        return;
    }
    address const& next = addresses_[tried_++];
    error_code error = open(socket_, next.protocol());
    if (!error && next.protocol().family() == AF_UNIX)
        error = connect_at_once(socket_, next);
    if (error || next.protocol().family() == AF_UNIX) {
        asio::post(executor_, [self = shared_from_this(), error] { error ? self->try_next(error) : self->finish({}); });
        return;
    }
    socket_.async_connect(next, [self = shared_from_this()](error_code failure) {
        if (failure)
            self->try_next(failure);
        else
            self->finish({});
    });
}

void dialer::finish(error_code error)
{
    if (auto const done = std::exchange(done_, nullptr))
        done(error, std::move(socket_));
}

}  // namespace coqmp::detail
