// An accept that waits in a listener for a connection.
#ifndef COQMP_SRC_LISTENER_PENDING_ACCEPT_HPP
#define COQMP_SRC_LISTENER_PENDING_ACCEPT_HPP

#include "detail/handler_memory.hpp"
#include "detail/unique_fd.hpp"
#include "listener/peer_check.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace coqmp::detail {

/// One accept. It may be made on any thread; then it is used on the listener's executor only.
class pending_accept
{
public:
    enum class stage {
        arriving,    ///< On its way to the listener's executor.
        waiting,     ///< For a connection.
        connecting,  ///< It has a connection, and the listener's end still ends it.
        over
    };

    /// @param time for a connection to come; zero: no limit
    pending_accept(peer_check required, std::chrono::nanoseconds time) : check(std::move(required)), timeout(time) {}
    pending_accept(pending_accept const&) = delete;
    pending_accept& operator=(pending_accept const&) = delete;
    virtual ~pending_accept() = default;

    /// Receives its connection. @return the stage that follows: connecting or over
    /// @throws std::bad_alloc then nothing has changed, and the caller still has the connection
    [[nodiscard]] virtual stage take(unique_fd& connection) = 0;

    /// Ends it: without a connection, or although it has one.
    virtual void fail(boost::system::error_code why) = 0;

    /// The listener's execution context ends: destroys, and does not call, the handlers of that context.
    virtual void abandon() noexcept = 0;

    /// Releases what belongs to the listener's execution context, which the accept may outlive.
    void leave_context() noexcept
    {
        timer.reset();
        work = nullptr;
    }

    peer_check const check;
    std::chrono::nanoseconds const timeout;
    stage at = stage::arriving;

    handler_memory timer_memory;
    post_memory cancel_memory;

    // Only while it waits:
    std::optional<boost::asio::steady_timer> timer;
    boost::asio::any_io_executor work;  ///< Keeps the listener's execution context running.
};

}  // namespace coqmp::detail

#endif
