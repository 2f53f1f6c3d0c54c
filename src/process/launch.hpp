// The start of a process by the helper thread, for a machine whose executor must not wait for it.
// Invariant: the outcome is delivered to the executor once, or not at all after drop() or abandon(); a process whose outcome is
// not delivered is killed and reaped.
#ifndef COQMP_SRC_PROCESS_LAUNCH_HPP
#define COQMP_SRC_PROCESS_LAUNCH_HPP

#include "detail/unique_fd.hpp"
#include "net/expected_peer.hpp"
#include "process/process.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace coqmp::detail {

/// Safe to use from any thread.
class launch : public std::enable_shared_from_this<launch>
{
public:
    /// The outcome of a start.
    struct outcome
    {
        started_process process;
        unique_fd monitor;    ///< Our end of the socketpair.
        std::string failure;  ///< What went wrong; empty if nothing did.
    };
    using completion = std::function<void(outcome&)>;

    /// @param done receives the outcome, on the executor
    launch(boost::asio::any_io_executor executor, completion done);

    /// Queues the start.
    /// @param monitor whether the process gets one end of a socketpair, as its descriptor 3
    void start(process_options options, bool monitor);

    /// Removes the start from the queue if it is still there. @return whether it was: then there is no process, and no outcome
    bool drop() noexcept;

    /// Abandons the start even while the process is being started. @return false if the outcome is already being delivered
    bool abandon() noexcept;

    [[nodiscard]] bool is_over() const noexcept;
    [[nodiscard]] std::shared_ptr<expected_peer> const& expected() const noexcept { return expected_; }

private:
    enum class stage { queued, running, over };

    bool take_back(stage last) noexcept;
    void run(process_options& options, bool monitor) noexcept;
    void deliver();

    std::shared_ptr<expected_peer> const expected_ = std::make_shared<expected_peer>();
    std::shared_ptr<outcome> const outcome_ = std::make_shared<outcome>();
    mutable std::mutex mutex_;
    stage stage_ = stage::queued;
    boost::asio::any_io_executor executor_;  // none after the start, so that no copy of it outlives the context
    completion done_;
};

}  // namespace coqmp::detail

#endif
