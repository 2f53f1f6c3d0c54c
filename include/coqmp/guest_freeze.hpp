// A guest whose file systems are frozen.
// Invariant: the guest is thawed at the latest when the object is destroyed or when its limit is over.
#ifndef COQMP_GUEST_FREEZE_HPP
#define COQMP_GUEST_FREEZE_HPP

#include <coqmp/command.hpp>
#include <coqmp/detail/boost_version.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace coqmp {

namespace detail {
class guest_agent_impl;
}

/// The file systems of a guest are frozen while this object lives, for example to make a snapshot of its disks. guest_agent::freeze()
/// makes it.
/// @code
/// coqmp::guest_freeze frozen = co_await agent.freeze(2min);
/// co_await vm.execute(snapshot);
/// co_await frozen.thaw();  // throws if the guest was not frozen all the time
/// @endcode
/// @par Threads as guest_agent
/// @par Moved from A moved-from object holds nothing; thaw() fails with errc::thawed_early.
/// @par Lifetime Destroying the object thaws the guest in the background, without blocking. If the agent does not answer, or fails to
/// thaw the guest, it is tried again after 1, 2, 4, ... 30 seconds, until the connection ends. The object may outlive the guest_agent,
/// which keeps the connection until the guest is thawed. Only the end of the execution context or of the process leaves the guest
/// frozen.
/// @see examples/guest_agent.cpp
class guest_freeze
{
public:
    guest_freeze(guest_freeze&&) noexcept = default;
    /// Thaws the guest of the object that is replaced.
    guest_freeze& operator=(guest_freeze&& other) noexcept;
    ~guest_freeze();

    /// How many file systems the agent has frozen.
    [[nodiscard]] std::int64_t filesystems() const noexcept { return filesystems_; }

    /// Thaws the guest.
    /// @return how many file systems the agent has thawed
    /// @throws boost::system::system_error errc::thawed_early: the guest has not been frozen all the time, because the limit has passed,
    /// another client thawed it, or this function was called before: do not trust a snapshot; otherwise the errors of
    /// guest_agent::async_execute()
    /// @throws command_failed with the error of the agent
    /// @par Cancellation terminal and partial: the wait ends; the guest is thawed all the same. After any failure but
    /// errc::thawed_early it is tried again in the background.
    /// @see examples/guest_agent.cpp
    [[nodiscard]] boost::asio::awaitable<std::int64_t> thaw();

private:
    friend class guest_agent;
    guest_freeze(std::shared_ptr<detail::guest_agent_impl> impl, std::uint64_t ticket) noexcept
        : impl_(std::move(impl)), ticket_(ticket)
    {}
    /// Freezes a guest. @param impl none: the agent was moved from
    static boost::asio::awaitable<guest_freeze> begin(std::shared_ptr<detail::guest_agent_impl> impl, command request,
                                                      std::chrono::nanoseconds limit);
    void release() noexcept;

    std::shared_ptr<detail::guest_agent_impl> impl_;
    std::uint64_t ticket_;
    std::int64_t filesystems_ = 0;
};

}  // namespace coqmp

#endif
