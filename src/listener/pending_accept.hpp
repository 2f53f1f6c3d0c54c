// An accept that waits for a QEMU to connect to a listener.
#ifndef COQMP_SRC_LISTENER_PENDING_ACCEPT_HPP
#define COQMP_SRC_LISTENER_PENDING_ACCEPT_HPP

#include "net/peer_credentials.hpp"
#include "process/expected_process.hpp"

#include <coqmp/detail/pending_handler.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace coqmp::detail {

/// Which peers an accept admits.
struct peer_requirements
{
    std::optional<::uid_t> user;
    std::optional<::pid_t> process;                        ///< This process, or one that it started.
    std::shared_ptr<expected_process> expected = nullptr;  ///< The same, for a process that we start. None: any process.

    /// Whether only certain processes are admitted.
    [[nodiscard]] bool are_for_a_process() const noexcept { return process || expected; }

    /// @param lineage the peer, its parent, and so on
    [[nodiscard]] bool met_by(std::optional<peer_credentials> const& peer, std::vector<::pid_t> const& lineage) const;
};

/// One accept: it waits for a connection, then for the session on it.
struct pending_accept
{
    using signature = void(boost::system::error_code, session);
    using handler_type = pending_handler<signature>;
    using clock = std::chrono::steady_clock;

    /// @param door where the listener's work runs, the timer's too
    /// @param of_session where the session's work will run
    pending_accept(handler_type handler, boost::asio::any_io_executor const& door, boost::asio::any_io_executor of_session,
                   session_options session_behaviour, peer_requirements whom)
        : waiting(std::move(handler)),
          session_executor(std::move(of_session)),
          options(std::move(session_behaviour)),
          demands(std::move(whom)),
          timer(door)
    {}

    handler_type waiting;
    boost::asio::any_io_executor session_executor;
    session_options options;  ///< connect_timeout bounds the wait as a whole.
    peer_requirements demands;
    clock::time_point deadline = clock::time_point::max();
    boost::asio::steady_timer timer;
    std::optional<coqmp::session> connecting;
    bool cancelled = false;
};

}  // namespace coqmp::detail

#endif
