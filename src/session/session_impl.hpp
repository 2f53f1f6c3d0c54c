// A session: joins the protocol core, its transport, its deadlines and its commands, and runs the handlers.
// Invariant: handlers run in flush_and_dispatch() only, when all that was read has been handled, so that no handler runs in the middle of
// anything.
#ifndef COQMP_SRC_SESSION_SESSION_IMPL_HPP
#define COQMP_SRC_SESSION_SESSION_IMPL_HPP

#include "detail/handler_registry.hpp"
#include "events/event_hub.hpp"
#include "net/dialer.hpp"
#include "net/socket.hpp"
#include "protocol/dialogue.hpp"
#include "session/command_table.hpp"
#include "session/deadlines.hpp"
#include "session/pending_command.hpp"
#include "session/transport.hpp"
#include "session/turn_handler.hpp"

#include <coqmp/session.hpp>
#include <coqmp/session_end.hpp>
#include <coqmp/session_options.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace coqmp::detail {

/// The state behind a session.
class session_impl final : public handler_registration, public turn_handler
{
public:
    using plain_handler = pending_handler<void(boost::system::error_code)>;
    using reply_handler = pending_handler<reply_signature>;
    using end_handler = pending_handler<void(boost::system::error_code, session_end)>;
    using pointer = std::shared_ptr<session_impl>;

    session_impl(boost::asio::any_io_executor executor, session_options options);

    // From any thread.
    void close() noexcept;
    [[nodiscard]] event_hub& events() noexcept { return events_; }
    [[nodiscard]] session_counters counters() const noexcept;
    /// What was negotiated; null before that.
    [[nodiscard]] protocol::dialogue const* negotiated() const noexcept
    {
        return negotiated_.load(std::memory_order_acquire) ? &dialogue_ : nullptr;
    }

    // On the executor only.
    void connect(std::shared_ptr<plain_handler> const& waiting, endpoint const& where);
    void cancel_connect(std::shared_ptr<plain_handler> const& waiting);
    void execute(std::shared_ptr<pending_command>&& command);
    void cancel(pending_command& command, boost::asio::cancellation_type kind);
    void close(std::shared_ptr<plain_handler> const& waiting);
    void wait_closed(std::shared_ptr<end_handler> const& waiting);
    [[nodiscard]] bool was_sent(pending_command const& what) const noexcept { return dialogue_.was_sent(what); }
    /// Whether this side has ended the session. For the handler of an operation that this end has completed.
    [[nodiscard]] bool was_closed_here() const noexcept { return stage_ == stage::ended && !reason_; }

    void destroy_handlers() noexcept override;

private:
    enum class stage { idle, dialing, greeting, open, ended };
    class turn_scope;

    void connected(boost::system::error_code error, stream_socket socket, bool is_shared);
    void became_ready();
    void end(boost::system::error_code why);

    void on_readable() override;
    void on_turn() override;
    void flush_and_dispatch();
    [[nodiscard]] bool has_work() const noexcept;
    void schedule_turn();

    void pump(int most_reads);
    void handle(protocol::action& next);
    void expire_deadlines();

    session_options options_;
    protocol::dialogue dialogue_;
    event_hub events_;
    transport transport_;
    deadlines deadlines_;
    command_table commands_;
    std::shared_ptr<dialer> dialer_;
    stage stage_ = stage::idle;
    std::atomic<bool> negotiated_{false};  // from then on what was negotiated does not change, and any thread may read it
    boost::system::error_code reason_;

    std::shared_ptr<plain_handler> connecting_;
    std::shared_ptr<plain_handler> connected_;  ///< completes in the next turn
    std::vector<std::shared_ptr<end_handler>> end_waits_;
    std::vector<std::shared_ptr<plain_handler>> closing_;
    bool dialed_ = false;
    bool turn_scheduled_ = false;
    bool turning_ = false;
};

/// Starts the execution of a command, from any thread: the one road of all commands.
void start_pending(session_impl::pointer const& impl, session_impl::reply_handler&& handler,
                   std::shared_ptr<pending_command>&& pending);

}  // namespace coqmp::detail

#endif
