#include "listener/session_accept.hpp"

#include "detail/post_reserved.hpp"
#include "net/peer_credentials.hpp"
#include "session/session_impl.hpp"

#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

std::optional<session_peer> identify(int connection)
{
    auto const credentials = peer_of(connection);
    if (!credentials)
        return std::nullopt;
    session_peer result;
    result.process = credentials->process;
    result.user = credentials->user;
    result.pidfd = descriptor(pidfd_of_peer(connection).release());
    return result;
}

}  // namespace

session_accept::session_accept(handler_type handler, asio::any_io_executor executor, listener_options const& options)
    : pending_accept(peer_check{options.peer_user, options.peer_process, nullptr}, options.accept_timeout),
      handler_(std::move(handler)),
      session_(std::move(executor), options.session)
{}

pending_accept::stage session_accept::take(unique_fd& connection)
{
    auto connected = [self = shared_from_this()](error_code error) { self->complete(error); };
    auto const waiting = std::make_shared<session_impl::plain_handler>(std::move(connected), session_.get_executor());
    auto const impl = impl_of(session_);
    if (auto peer = identify(connection.number()))
        impl->set_peer(std::move(*peer));
    impl->connector().start(waiting, connect_target(std::move(connection)));  // reports a lack of memory to the handler
    return stage::connecting;
}

void session_accept::fail(error_code why)
{
    if (at == stage::connecting)
        session_.close();  // async_connect() reports it
    else if (at != stage::over)
        complete(why);
}

void session_accept::abandon() noexcept
{
    at = stage::over;
    handler_type const dropped = std::move(handler_);
}

void session_accept::complete(error_code error)
{
    if (std::exchange(at, stage::over) == stage::over)
        return;
    error_ = error;
    post_reserved(handler_.home(), completion_memory_,
                  [self = shared_from_this()] { self->handler_.complete(self->error_, std::move(self->session_)); });
}

}  // namespace coqmp::detail
