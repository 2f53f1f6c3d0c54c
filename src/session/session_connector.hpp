// Connects a session: the operation async_connect(), from its call until its handler runs.
// Invariant: a session connects once. The operation has a result once the session is ready or has ended, and from then on its
// completion needs no memory, unless its handler runs on another executor.
#ifndef COQMP_SRC_SESSION_SESSION_CONNECTOR_HPP
#define COQMP_SRC_SESSION_SESSION_CONNECTOR_HPP

#include "net/dialer.hpp"
#include "session/deadlines.hpp"

#include <coqmp/detail/pending_handler.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace coqmp::detail {

class session_impl;

/// Calls session_impl::begin() with a connection, or session_impl::end(). Used on the session's executor only.
class session_connector
{
public:
    using handler = pending_handler<void(boost::system::error_code)>;

    /// @param timeout for all of it, including the negotiation
    session_connector(session_impl& session, deadlines& deadlines, std::chrono::nanoseconds timeout) noexcept
        : session_(session), deadlines_(deadlines), timeout_(timeout)
    {}

    /// Reports a lack of memory to the handler.
    void start(std::shared_ptr<handler> const& waiting, connect_target&& target);
    void cancel(std::shared_ptr<handler> const& waiting);

    /// The session is ready.
    void succeed() noexcept;

    /// The session has ended. Connecting fails, even if it has succeeded and its handler has not run yet.
    /// @param reason success: this side closed the session
    void end(boost::system::error_code reason) noexcept;

    /// Whether the operation is to be completed.
    [[nodiscard]] bool has_finished() const noexcept { return waiting_ && result_; }

    void dispatch();

    /// Destroys the handler and what belongs to the execution context, which is gone.
    void destroy_handlers() noexcept;

private:
    void dialed(boost::system::error_code error, stream_socket socket, bool is_shared);

    session_impl& session_;
    deadlines& deadlines_;
    std::chrono::nanoseconds const timeout_;
    std::shared_ptr<dialer> dialer_;  // while it dials
    std::shared_ptr<handler> waiting_;
    std::optional<boost::system::error_code> result_;
    bool was_started_ = false;
};

}  // namespace coqmp::detail

#endif
