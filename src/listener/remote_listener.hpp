// A listener in the hands of another execution context: that of a machine, whose program connects to the listener.
// Invariant: it owns nothing of the listener's context, so either of them may end first.
#ifndef COQMP_SRC_LISTENER_REMOTE_LISTENER_HPP
#define COQMP_SRC_LISTENER_REMOTE_LISTENER_HPP

#include "detail/revocable_executor.hpp"
#include "listener/arriving_accepts.hpp"
#include "listener/pending_accept.hpp"

#include <coqmp/endpoint.hpp>

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp::detail {

class listener_impl;

/// Safe to use from any thread. Once the listener has gone its functions do nothing.
class remote_listener
{
public:
    using accept_pointer = std::shared_ptr<pending_accept>;

    /// @param home the listener's executor
    remote_listener(std::weak_ptr<listener_impl> impl, std::shared_ptr<revocable_executor> home,
                    std::shared_ptr<arriving_accepts> arrivals, endpoint local, std::optional<::uid_t> peer_user,
                    std::optional<::pid_t> peer_process)
        : impl_(std::move(impl)),
          home_(std::move(home)),
          arrivals_(std::move(arrivals)),
          local_(std::move(local)),
          peer_user_(peer_user),
          peer_process_(peer_process)
    {}

    [[nodiscard]] endpoint const& local() const noexcept { return local_; }
    [[nodiscard]] std::optional<::uid_t> peer_user() const noexcept { return peer_user_; }
    [[nodiscard]] std::optional<::pid_t> peer_process() const noexcept { return peer_process_; }

    /// Adds an accept. A connection that comes after this call may be for it.
    /// @return false if the execution context of the listener has ended
    /// @throws std::bad_alloc then it was not added
    [[nodiscard]] bool accept(accept_pointer const& accept) const;

    /// Ends an accept with `operation_aborted`, unless it is over. Call this once.
    void cancel(accept_pointer const& accept) const;

    /// Looks at the connections again that could not be matched: an expected process is known now, or will never connect.
    void reconsider() const;

private:
    std::weak_ptr<listener_impl> impl_;
    std::shared_ptr<revocable_executor> home_;
    std::shared_ptr<arriving_accepts> arrivals_;
    endpoint local_;
    std::optional<::uid_t> peer_user_;
    std::optional<::pid_t> peer_process_;
};

/// The arguments that make QEMU connect to a listener there.
/// @param options more options of the chardev, such as `reconnect=1`
[[nodiscard]] std::vector<std::string> qemu_arguments(endpoint const& address, std::string_view id,
                                                      std::string_view options = {});

}  // namespace coqmp::detail

#endif
