// An accept that waits in a listener for a connection.
#ifndef COQMP_SRC_LISTENER_PENDING_ACCEPT_HPP
#define COQMP_SRC_LISTENER_PENDING_ACCEPT_HPP

#include "detail/unique_fd.hpp"
#include "net/expected_peer.hpp"
#include "net/peer_credentials.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace coqmp::detail {

/// Which peers an accept admits.
struct peer_requirements
{
    std::optional<::uid_t> user;
    std::optional<::pid_t> process;           ///< This process, or one that it started.
    std::shared_ptr<expected_peer> expected;  ///< The same, for a process that we start. None: any process.

    /// Whether only certain processes are admitted.
    [[nodiscard]] bool name_a_process() const noexcept { return process || expected; }

    /// @param lineage the peer, its parent, and so on
    [[nodiscard]] bool accepts(std::optional<peer_credentials> const& peer, std::vector<::pid_t> const& lineage) const;
};

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
    pending_accept(peer_requirements whom, std::chrono::nanoseconds time) : requirements(std::move(whom)), timeout(time) {}
    pending_accept(pending_accept const&) = delete;
    pending_accept& operator=(pending_accept const&) = delete;
    virtual ~pending_accept() = default;

    /// Receives its connection. @return the stage that follows: connecting or over
    [[nodiscard]] virtual stage take(unique_fd connection) = 0;

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

    peer_requirements const requirements;
    std::chrono::nanoseconds const timeout;
    stage at = stage::arriving;

    // Only while it waits:
    std::optional<boost::asio::steady_timer> timer;
    boost::asio::any_io_executor work;  ///< Keeps the listener's execution context running.
};

}  // namespace coqmp::detail

#endif
