// The accept of a machine or of a reconnecting session, whose execution context may be another one than the listener's.
// Invariant: after the owner's executor was revoked the listener holds nothing of the owner's execution context.
#ifndef COQMP_SRC_LISTENER_REMOTE_ACCEPT_HPP
#define COQMP_SRC_LISTENER_REMOTE_ACCEPT_HPP

#include "detail/handler_memory.hpp"
#include "detail/revocable_executor.hpp"
#include "listener/pending_accept.hpp"

#include <memory>

namespace coqmp::detail {

class remote_accept;

/// The object that waits for the connection. Its functions run on its own executor.
class accept_owner
{
public:
    virtual void accepted(remote_accept const& by, unique_fd connection) = 0;
    /// The listener has no connection for it.
    virtual void cannot_accept(remote_accept const& by, boost::system::error_code why) = 0;

protected:
    ~accept_owner() = default;
};

/// Hands what the listener has for it over to its owner's executor.
class remote_accept final : public pending_accept, public std::enable_shared_from_this<remote_accept>
{
public:
    /// @param home the owner's executor
    remote_accept(peer_check required, std::shared_ptr<revocable_executor> home, std::weak_ptr<accept_owner> owner);

    [[nodiscard]] stage take(unique_fd& connection) override;
    void fail(boost::system::error_code why) override;
    void abandon() noexcept override;

private:
    std::shared_ptr<revocable_executor> const home_;
    std::weak_ptr<accept_owner> const owner_;
    post_memory outcome_memory_;
    unique_fd connection_;  // on its way to the owner's executor
};

}  // namespace coqmp::detail

#endif
