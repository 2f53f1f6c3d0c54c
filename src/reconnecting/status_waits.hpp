// The operations that wait for a change of a reconnecting session, for a connection, or for the end.
// Invariant: once an operation waits here its completion needs no memory, unless its handler runs on another executor.
#ifndef COQMP_SRC_RECONNECTING_STATUS_WAITS_HPP
#define COQMP_SRC_RECONNECTING_STATUS_WAITS_HPP

#include <coqmp/connection_status.hpp>
#include <coqmp/detail/pending_handler.hpp>

#include <boost/system/error_code.hpp>

#include <cstdint>
#include <list>
#include <memory>

namespace coqmp::detail {

/// An operation that waits until the status has another number than the one that its caller knows.
struct change_wait
{
    pending_handler<void(boost::system::error_code, connection_status)> handler;
    std::uint64_t known;
};

/// Completes them in dispatch() only. Used on the executor only.
class status_waits
{
public:
    using plain_handler = pending_handler<void(boost::system::error_code)>;

    void wait_change(std::shared_ptr<change_wait> waiting) { changes_.push_back(std::move(waiting)); }
    void wait_connected(std::shared_ptr<plain_handler> waiting) { connections_.push_back(std::move(waiting)); }
    void wait_closed(std::shared_ptr<plain_handler> waiting) { closing_.push_back(std::move(waiting)); }

    // Completes the operation with `operation_aborted`, if it waits.
    void cancel(std::shared_ptr<change_wait> const& waiting);
    void cancel(std::shared_ptr<plain_handler> const& waiting);

    /// Whether an operation is to be completed.
    /// @param is_idle whether every command has completed
    [[nodiscard]] bool has_finished(connection_status const& status, bool is_idle) const noexcept;

    void dispatch(connection_status const& status, bool is_idle);

    /// Destroys all handlers: the execution context is gone.
    void destroy_handlers() noexcept;

private:
    std::list<std::shared_ptr<change_wait>> changes_;
    std::list<std::shared_ptr<plain_handler>> connections_;
    std::list<std::shared_ptr<plain_handler>> closing_;
};

}  // namespace coqmp::detail

#endif
