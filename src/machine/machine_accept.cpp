#include "machine/machine_accept.hpp"

#include "machine/launching.hpp"

#include <boost/asio/error.hpp>

#include <exception>
#include <utility>

namespace coqmp::detail {

machine_accept::machine_accept(peer_requirements whom, std::shared_ptr<revocable_executor> home, std::weak_ptr<launching> start)
    : pending_accept(std::move(whom), std::chrono::nanoseconds::zero()), home_(std::move(home)), start_(std::move(start))
{}

pending_accept::stage machine_accept::take(unique_fd connection)
{
    home_->post([weak = start_, connection = std::move(connection)]() mutable {
        if (auto const start = weak.lock())
            start->connect(std::move(connection));
    });
    return stage::over;
}

void machine_accept::fail(boost::system::error_code why)
{
    if (std::exchange(at, stage::over) == stage::over)
        return;
    home_->post([weak = start_, why] {
        if (auto const start = weak.lock())
            start->cannot_connect(why);
    });
}

void machine_accept::abandon() noexcept
try {
    fail(boost::asio::error::operation_aborted);
} catch (std::exception const&) {
    // No memory to say it: the machine's deadline ends the start.
}

}  // namespace coqmp::detail
