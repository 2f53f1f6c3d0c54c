// The thin shell around the protocol core: its socket, its timer, its handlers.
// Invariant: a pending command is in exactly one list: active (its answer may come) or finished (its handler will run). Handlers
// run from turn() only, when all that was read has been taken in, so that no user's code runs in the middle of anything.
#ifndef COQMP_SRC_SESSION_SESSION_IMPL_HPP
#define COQMP_SRC_SESSION_SESSION_IMPL_HPP

#include "detail/handler_memory.hpp"
#include "detail/handler_registry.hpp"
#include "events/event_hub.hpp"
#include "net/dialer.hpp"
#include "net/socket.hpp"
#include "protocol/dialogue.hpp"
#include "session/pending_command.hpp"

#include <coqmp/session_options.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coqmp::detail {

/// The state behind a session.
class session_impl final : public handler_registration, public std::enable_shared_from_this<session_impl>
{
public:
    using waiting_plain = pending_handler<void(boost::system::error_code)>;
    using waiting_reason = pending_handler<void(boost::system::error_code, boost::system::error_code)>;
    using plain_handler = waiting_plain;
    using reply_handler = pending_handler<reply_signature>;
    using reason_handler = waiting_reason;
    using pointer = std::shared_ptr<session_impl>;

    session_impl(boost::asio::any_io_executor executor, session_options options);
    ~session_impl();

    // From any thread.
    static void start_connect(pointer const& self, plain_handler handler, endpoint where);
    static void start_execute(pointer const& self, reply_handler&& handler, command&& what);
    template <class Signature>
    static void start(pointer const& self, pending_handler<Signature>&& handler,
                      std::shared_ptr<awaited_command<Signature>>&& pending);
    static void start_close(pointer const& self, plain_handler handler);
    static void start_wait_closed(pointer const& self, reason_handler handler);
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
    using clock = std::chrono::steady_clock;
    static constexpr clock::time_point never = clock::time_point::max();
    using active_list =
        boost::intrusive::list<pending_command,
                               boost::intrusive::base_hook<boost::intrusive::list_base_hook<boost::intrusive::tag<pending_tag>>>>;
    using deadline_set = boost::intrusive::multiset<
        pending_command, boost::intrusive::base_hook<boost::intrusive::set_base_hook<boost::intrusive::tag<deadline_tag>>>>;

    void connect(std::shared_ptr<waiting_plain> const& waiting, endpoint const& where);
    void cancel_connect(std::shared_ptr<waiting_plain> const& waiting);
    void connected(boost::system::error_code error, stream_socket socket);
    void became_ready();
    void execute(std::shared_ptr<pending_command>&& what);
    [[nodiscard]] boost::system::error_code submit(pending_command& pending);
    void refuse(pending_command& pending, boost::system::error_code why);
    void cancel(pending_command& pending, boost::asio::cancellation_type kind);
    void give_up(pending_command& pending, boost::system::error_code why);
    void wait_closed(std::shared_ptr<waiting_reason> const& waiting);
    void cancel_wait_closed(std::shared_ptr<waiting_reason> const& waiting);
    void end(boost::system::error_code why);

    void read();
    void on_readable();
    void read_on();
    void take_in(int most_rounds);
    void drain(int most_rounds);
    void receive(std::string_view bytes);
    void handle(protocol::action& next);
    [[nodiscard]] protocol::dialogue_options core_options() const;
    void trace_received(std::string_view bytes);
    [[nodiscard]] bool can_write() const noexcept;
    void write();

    void arm_timer(clock::time_point deadline);
    void arm_timer();
    void on_timer();
    void end_what_is_late();
    void time_out(clock::time_point now);

    void finish(pending_command& pending, boost::system::error_code error);
    void schedule_turn();
    void turn();
    void run_handlers();

    session_options options_;
    protocol::dialogue dialogue_;
    event_hub events_;
    handler_memory read_memory_;
    std::optional<stream_socket> socket_;  ///< none once the context is gone, like the timer
    std::shared_ptr<dialer> dialer_;
    stage stage_ = stage::idle;
    std::atomic<bool> negotiated_{false};  // from then on what was negotiated does not change, and any thread may read it
    boost::system::error_code reason_;

    std::optional<boost::asio::steady_timer> timer_;
    clock::time_point timer_deadline_ = never;
    clock::time_point connect_deadline_ = never;

    active_list active_;
    deadline_set deadlines_;
    active_list finished_;
    std::shared_ptr<waiting_plain> connecting_;
    std::shared_ptr<waiting_plain> connected_;  ///< completes in the next turn
    std::vector<std::shared_ptr<waiting_reason>> reason_waits_;
    std::vector<std::shared_ptr<waiting_plain>> closing_;
    bool dialed_ = false;
    bool is_shared_ = false;  ///< the caller has another descriptor of the connection, so that close() does not end it
    bool turn_scheduled_ = false;
    bool turning_ = false;
    bool waiting_to_write_ = false;
    bool write_failed_ = false;

    std::string traced_;
};

}  // namespace coqmp::detail

#endif
