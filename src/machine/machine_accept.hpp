// The accept of a machine: the listener may run on another execution context.
// Invariant: after the machine's executor was revoked the listener holds nothing of the machine's execution context.
#ifndef COQMP_SRC_MACHINE_MACHINE_ACCEPT_HPP
#define COQMP_SRC_MACHINE_MACHINE_ACCEPT_HPP

#include "detail/revocable_executor.hpp"
#include "listener/pending_accept.hpp"

#include <memory>

namespace coqmp::detail {

class launching;

/// Hands what the listener has for it over to the machine's executor.
class machine_accept final : public pending_accept
{
public:
    /// @param home the machine's executor
    machine_accept(peer_requirements whom, std::shared_ptr<revocable_executor> home, std::weak_ptr<launching> start);

    [[nodiscard]] stage take(unique_fd connection) override;
    void fail(boost::system::error_code why) override;
    void abandon() noexcept override;

private:
    std::shared_ptr<revocable_executor> const home_;
    std::weak_ptr<launching> const start_;
};

}  // namespace coqmp::detail

#endif
