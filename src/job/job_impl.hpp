// The state behind a job.
#ifndef COQMP_SRC_JOB_JOB_IMPL_HPP
#define COQMP_SRC_JOB_JOB_IMPL_HPP

#include "following/follower.hpp"
#include "job/job_events.hpp"
#include "job/job_tracker.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace coqmp::detail {

/// A class with a name of its own, because a public header declares it.
class job_impl final : public follower<job_tracker>
{
public:
    /// @param monitor none: of a session that was moved from
    /// @param dismisses whether to have QEMU forget the job when it has ended
    /// @param start the command that starts it; none: it may be there
    job_impl(boost::asio::any_io_executor executor, std::shared_ptr<session_impl> monitor, version peer, std::string id,
             bool dismisses, std::optional<command> start)
        : follower(std::move(executor), std::move(monitor), job_tracker(id, std::move(peer), dismisses), events_of_job(id),
                   std::move(start)),
          id_(std::move(id))
    {}

    [[nodiscard]] std::string const& id() const noexcept { return id_; }

private:
    std::string const id_;
};

}  // namespace coqmp::detail

#endif
