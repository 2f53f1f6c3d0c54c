// A session: joins the protocol core, its transport, its deadlines and its commands, and runs the handlers.
// Invariant: handlers run in dispatch() only, when all that was read has been handled, so that no handler runs in the middle of
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
    using waiting_plain = pending_handler<void(boost::system::error_code)>;
    using waiting_end = pending_handler<void(boost::system::error_code, session_end)>;
    using plain_handler = waiting_plain;
    using reply_handler = pending_handler<reply_signature>;
    using end_handler = waiting_end;
    using pointer = std::shared_ptr<session_impl>;

    session_impl(boost::asio::any_io_executor executor, session_options options);

    // From any thread.
    static void start_connect(pointer const& self, plain_handler handler, endpoint where);
    static void start_execute(pointer const& self, reply_handler&& handler, command&& what);
    template <class Signature>
    static void start(pointer const& self, pending_handler<Signature>&& handler,
                      std::shared_ptr<awaited_command<Signature>>&& pending);
    static void start_close(pointer const& self, plain_handler handler);
    static void start_wait_closed(pointer const& self, end_handler handler);
    void close() noexcept;
    [[nodiscard]] event_hub& events() noexcept { return events_; }
    [[nodiscard]] session_counters counters() const noexcept;
    [[nodiscard]] session_options const& options() const noexcept { return options_; }
    [[nodiscard]] coqmp::greeting const& greeting() const noexcept;
    [[nodiscard]] bool out_of_band() const noexcept
    {
        return negotiated_.load(std::memory_order_acquire) && dialogue_.out_of_band();
    }

    /// On the executor only.
    [[nodiscard]] bool was_sent(pending_command const& what) const noexcept { return dialogue_.was_sent(what); }
    /// Whether this side has ended the session. For the handler of an operation that this end has completed.
    [[nodiscard]] bool was_closed_here() const noexcept { return stage_ == stage::ended && !reason_; }

    void destroy_handlers() noexcept override;

private:
    enum class stage { idle, dialing, greeting, open, ended };
    class turn_scope;

    void connect(std::shared_ptr<waiting_plain> const& waiting, endpoint const& where);
    void cancel_connect(std::shared_ptr<waiting_plain> const& waiting);
    void connected(boost::system::error_code error, stream_socket socket, bool is_shared);
    void became_ready();
    void execute(std::shared_ptr<pending_command>&& command);
    void cancel(pending_command& command, boost::asio::cancellation_type kind);
    void wait_closed(std::shared_ptr<waiting_end> const& waiting);
    void end(boost::system::error_code why);

    void on_readable() override;
    void on_turn() override;
    void flush_and_dispatch();
    void dispatch();
    [[nodiscard]] bool has_work() const noexcept;
    void schedule_turn();

    void pump(int most_reads);
    void handle(protocol::action& next);
    void trace_received(std::string_view bytes);
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

    std::shared_ptr<waiting_plain> connecting_;
    std::shared_ptr<waiting_plain> connected_;  ///< completes in the next turn
    std::vector<std::shared_ptr<waiting_end>> end_waits_;
    std::vector<std::shared_ptr<waiting_plain>> closing_;
    bool dialed_ = false;
    bool turn_scheduled_ = false;
    bool turning_ = false;

    std::string traced_;
};

}  // namespace coqmp::detail

#endif
