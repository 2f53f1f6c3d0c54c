// The status of a reconnecting session, which any thread may read.
// Invariant: every change gives it a new number.
#ifndef COQMP_SRC_RECONNECTING_PUBLISHED_STATUS_HPP
#define COQMP_SRC_RECONNECTING_PUBLISHED_STATUS_HPP

#include <coqmp/connection_status.hpp>
#include <coqmp/greeting.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <memory>
#include <mutex>

namespace coqmp::detail {

/// Changes on one executor. The changes need no memory.
class published_status
{
public:
    /// From any thread.
    [[nodiscard]] connection_status read() const;

    // On the executor only.
    [[nodiscard]] connection_status const& here() const noexcept { return status_; }
    [[nodiscard]] bool is_closed() const noexcept { return status_.state == connection_state::closed; }

    /// The first attempt begins.
    void start() noexcept;
    /// @param greeting null if there is no memory for it
    void connected(std::shared_ptr<greeting const> greeting) noexcept;
    /// The connection was lost, or an attempt has failed.
    /// @param length of the pause before the next attempt
    void pause(boost::system::error_code why, std::chrono::nanoseconds length) noexcept;
    void close(boost::system::error_code why) noexcept;
    /// The execution context is gone.
    void abandon() noexcept;

private:
    template <class Change>
    void change(Change make) noexcept;

    mutable std::mutex mutex_;  ///< For changes, and for readers on other threads.
    connection_status status_;
};

}  // namespace coqmp::detail

#endif
