// listener::async_accept(): a connection from the listener, then a session on it.
#ifndef COQMP_SRC_LISTENER_SESSION_ACCEPT_HPP
#define COQMP_SRC_LISTENER_SESSION_ACCEPT_HPP

#include "detail/handler_memory.hpp"
#include "listener/pending_accept.hpp"

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/listener_options.hpp>
#include <coqmp/session.hpp>

#include <memory>

namespace coqmp::detail {

/// The handler gets the session in any case; after an error it is not connected.
class session_accept final : public pending_accept, public std::enable_shared_from_this<session_accept>
{
public:
    using handler_type = pending_handler<void(boost::system::error_code, session)>;

    session_accept(handler_type handler, boost::asio::any_io_executor executor, listener_options const& options);

    [[nodiscard]] stage take(unique_fd& connection) override;
    void fail(boost::system::error_code why) override;
    void abandon() noexcept override;

private:
    void complete(boost::system::error_code error);

    handler_type handler_;
    session session_;
    boost::system::error_code error_;
    post_memory completion_memory_;
};

}  // namespace coqmp::detail

#endif
