#include "machine/daemon_launcher.hpp"

#include "detail/process_status.hpp"
#include "detail/unique_fd.hpp"
#include "net/peer_credentials.hpp"

#include <unistd.h>

#include <utility>

namespace coqmp::detail {

daemon_launcher::daemon_launcher(boost::asio::any_io_executor const& executor, started_process&& started,
                                 launch_options const& options)
    : process_(std::make_shared<detail::process>(executor, std::move(started), options)),
      start_time_(status_of(process_->pid()).start_time)  // not reaped yet: the number is still its own
{}

std::shared_ptr<child const> daemon_launcher::daemon_behind(int connection) const
{
    auto const peer = peer_of(connection);
    unique_fd pidfd = pidfd_of_peer(connection);
    if (!peer || pidfd.number() < 0 || peer->process == ::getpid() || status_of(peer->process).start_time < start_time_)
        return nullptr;
    return std::make_shared<child const>(peer->process, std::move(pidfd));
}

std::shared_ptr<process> daemon_launcher::adopt(boost::asio::any_io_executor const& executor,
                                                std::shared_ptr<child const> const& daemon)
{
    auto result = std::make_shared<process>(executor, daemon);
    result->let_live(false);
    result->share_errors_of(*process_);
    return result;
}

void daemon_launcher::retire() noexcept
{
    process_->let_live(true);
    process_->end();
}

// Its parent exits with success. (With an unknown status it may have: SIGCHLD is ignored.)
bool daemon_launcher::has_forked() const noexcept
{
    return status_ && status_->signal == 0 && status_->exit_code <= 0;
}

}  // namespace coqmp::detail
