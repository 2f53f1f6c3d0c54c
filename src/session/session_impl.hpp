// A session: joins the protocol core, its transport, its deadlines and its commands, and runs the handlers.
// Invariant: handlers run in flush_and_dispatch() only, in a turn and when all that was read has been handled, so that no handler
// runs in the middle of anything.
#ifndef COQMP_SRC_SESSION_SESSION_IMPL_HPP
#define COQMP_SRC_SESSION_SESSION_IMPL_HPP

#include "detail/handler_memory.hpp"
#include "detail/handler_registry.hpp"
#include "detail/turn_scheduler.hpp"
#include "events/event_hub.hpp"
#include "net/socket.hpp"
#include "protocol/dialogue.hpp"
#include "session/closing_waits.hpp"
#include "session/command_table.hpp"
#include "session/deadlines.hpp"
#include "session/pending_command.hpp"
#include "session/session_connector.hpp"
#include "session/text_relay.hpp"
#include "session/transport.hpp"
#include "session/turn_handler.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/session.hpp>
#include <coqmp/session_end.hpp>
#include <coqmp/session_options.hpp>
#include <coqmp/session_peer.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace coqmp::detail {

/// The state behind a session.
class session_impl final : public handler_registration, public turn_handler
{
public:
    using plain_handler = closing_waits::plain_handler;
    using reply_handler = pending_handler<reply_signature>;
    using end_handler = closing_waits::end_handler;
    using pointer = std::shared_ptr<session_impl>;

    session_impl(boost::asio::any_io_executor executor, session_options options);

    // From any thread.
    void close() noexcept;
    [[nodiscard]] event_hub& events() noexcept { return events_; }
    [[nodiscard]] session_counters counters() const noexcept;
    /// The peer. Set before any caller sees the session.
    void set_peer(session_peer who) { peer_ = std::move(who); }
    [[nodiscard]] std::optional<session_peer> const& peer() const noexcept { return peer_; }
    /// What was negotiated; null before that.
    [[nodiscard]] protocol::dialogue const* negotiated() const noexcept
    {
        return negotiated_.load(std::memory_order_acquire) ? &dialogue_ : nullptr;
    }

    // On the executor only.
    [[nodiscard]] session_connector& connector() noexcept { return connector_; }
    void execute(std::shared_ptr<pending_command>&& command);
    void cancel(pending_command& command, boost::asio::cancellation_type kind);
    void close(std::shared_ptr<plain_handler> const& waiting);
    void wait_closed(std::shared_ptr<end_handler> const& waiting);
    /// This session serves a proxy from now on: the observer sees all events, and what is sent is kept short.
    void serve_proxy(std::weak_ptr<event_observer> observer);
    [[nodiscard]] bool was_sent(pending_command const& submitted) const noexcept { return dialogue_.was_sent(submitted); }
    /// How the session has ended; nothing before that.
    [[nodiscard]] std::optional<session_end> const& ended() const noexcept { return waits_.ended(); }

    /// The connection was negotiated by an earlier program, which has left it open. Call it before the session is connected.
    /// @param has_out_of_band whether that program has enabled `oob`
    void resume(bool has_out_of_band) { dialogue_.resume(has_out_of_band); }
    /// Another descriptor of the connection. @throws boost::system::system_error the kernel's error, also if there is none
    [[nodiscard]] descriptor duplicate_connection() { return transport_.duplicate(); }
    /// Whether others have a descriptor of the connection, too: the end of the session ends the connection even so.
    void share_connection(bool is_shared) noexcept { transport_.share(is_shared); }

    // For the connector.
    /// @param is_shared whether the caller has another descriptor of the connection
    void begin(stream_socket&& connected, bool is_shared);
    void end(boost::system::error_code why);

    // For the turns.
    [[nodiscard]] bool has_work() const noexcept;
    void on_turn() override;

    void destroy_handlers() noexcept override;

private:
    void became_ready();
    void on_readable() override;
    void flush_and_dispatch();
    void pump(int most_reads);
    void handle(protocol::action& next);
    void expire_deadlines();

    session_options options_;
    protocol::dialogue dialogue_;
    event_hub events_;
    transport transport_;
    deadlines deadlines_;
    command_table commands_;
    text_relay texts_;
    session_connector connector_;
    closing_waits waits_;
    turn_scheduler<session_impl> turns_;
    std::atomic<bool> negotiated_{false};  // from then on what was negotiated does not change, and any thread may read it
    std::optional<session_peer> peer_;
    std::atomic<bool> close_requested_ = false;
    post_memory close_memory_;
};

}  // namespace coqmp::detail

#endif
