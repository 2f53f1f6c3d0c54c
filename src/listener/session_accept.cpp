#include "listener/session_accept.hpp"

#include <boost/asio/bind_executor.hpp>

#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

session_accept::session_accept(handler_type handler, asio::any_io_executor executor, listener_options const& options)
    : pending_accept(peer_requirements{options.peer_user, options.peer_process, nullptr}, options.accept_timeout),
      handler_(std::move(handler)),
      session_(std::move(executor), options.session)
{}

pending_accept::stage session_accept::take(unique_fd connection)
{
    session_.async_connect(endpoint::descriptor(descriptor(connection.release())),
                           [self = shared_from_this()](error_code error) { self->complete(error); });
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
    if (std::exchange(at, stage::over) != stage::over)
        handler_.post(error, std::move(session_));
}

}  // namespace coqmp::detail
