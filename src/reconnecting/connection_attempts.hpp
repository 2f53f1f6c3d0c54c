// Where the connections of a reconnecting session come from: it dials an address, or accepts from a listener.
// Invariant: at most one accept is pending, and meanwhile the execution context has work.
#ifndef COQMP_SRC_RECONNECTING_CONNECTION_ATTEMPTS_HPP
#define COQMP_SRC_RECONNECTING_CONNECTION_ATTEMPTS_HPP

#include "detail/revocable_executor.hpp"
#include "detail/unique_fd.hpp"
#include "listener/remote_accept.hpp"
#include "listener/remote_listener.hpp"

#include <coqmp/endpoint.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace coqmp::detail {

class reconnecting_impl;

/// An address to dial, or a listener (none: one that was moved from).
using connection_source = std::variant<endpoint, std::optional<remote_listener>>;

/// Each attempt ends in a call of reconnecting_impl::connect(), pause() or finish(). Used on its owner's executor only.
class connection_attempts final : public accept_owner
{
public:
    connection_attempts(reconnecting_impl& owner, connection_source source);

    /// Makes an attempt. A lack of memory counts as a failed attempt.
    void start();

    /// Ends the accept that is pending.
    void cancel() noexcept;

    /// Whether there can be no second attempt: a descriptor is the one connection that there is.
    [[nodiscard]] bool is_last() const noexcept;

    /// What it tries, for a message: `connect to unix:/run/vm.sock`.
    [[nodiscard]] std::string description() const;

    /// The execution context is gone: drops what belongs to it.
    void abandon() noexcept;

    void accepted(remote_accept const& by, unique_fd connection) override;
    void cannot_accept(remote_accept const& by, boost::system::error_code why) override;

private:
    void accept();
    [[nodiscard]] bool forget(remote_accept const& which) noexcept;

    reconnecting_impl& owner_;
    connection_source const source_;
    std::shared_ptr<revocable_executor> const home_;  ///< The owner's executor, in the hands of the listener.
    std::shared_ptr<remote_accept> accept_;
    boost::asio::any_io_executor work_;  ///< While a listener waits: keeps the execution context running.
};

}  // namespace coqmp::detail

#endif
