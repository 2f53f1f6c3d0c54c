#include "listener/remote_accept.hpp"

#include <boost/asio/error.hpp>

#include <new>
#include <utility>

namespace coqmp::detail {

remote_accept::remote_accept(peer_check required, std::shared_ptr<revocable_executor> home, std::weak_ptr<accept_owner> owner)
    : pending_accept(std::move(required), std::chrono::nanoseconds::zero()), home_(std::move(home)), owner_(std::move(owner))
{}

pending_accept::stage remote_accept::take(unique_fd& connection)
{
    connection_ = std::move(connection);
    try {
        home_->post(outcome_memory_, [self = shared_from_this()] {
            if (auto const owner = self->owner_.lock())
                owner->accepted(*self, std::move(self->connection_));
        });
    } catch (std::bad_alloc const&) {
        connection = std::move(connection_);
        throw;
    }
    return stage::over;
}

void remote_accept::fail(boost::system::error_code why)
{
    if (std::exchange(at, stage::over) == stage::over)
        return;
    home_->post(outcome_memory_, [self = shared_from_this(), why] {
        if (auto const owner = self->owner_.lock())
            owner->cannot_accept(*self, why);
    });
}

void remote_accept::abandon() noexcept
try {
    fail(boost::asio::error::operation_aborted);
} catch (std::bad_alloc const&) {
    // No memory to report it: the machine's deadline ends its start, and a reconnecting session waits until it is closed.
}

}  // namespace coqmp::detail
