// The state behind a reconnecting session: makes one session after the other, and keeps what outlives each of them: the streams,
// the commands that wait, the status.
// Invariant: there is at most one session; handlers run in a turn of this or of the session, never in the middle of anything.
#ifndef COQMP_SRC_RECONNECTING_RECONNECTING_IMPL_HPP
#define COQMP_SRC_RECONNECTING_RECONNECTING_IMPL_HPP

#include "detail/handler_memory.hpp"
#include "detail/handler_registry.hpp"
#include "detail/time_source.hpp"
#include "detail/turn_scheduler.hpp"
#include "net/dialer.hpp"
#include "reconnecting/command_relay.hpp"
#include "reconnecting/connection_attempts.hpp"
#include "reconnecting/lasting_streams.hpp"
#include "reconnecting/published_status.hpp"
#include "reconnecting/status_waits.hpp"
#include "supervision/backoff_plan.hpp"

#include <coqmp/connection_status.hpp>
#include <coqmp/reconnect_options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <optional>

namespace coqmp::detail {

class session_impl;

class reconnecting_impl final : public handler_registration, public std::enable_shared_from_this<reconnecting_impl>
{
public:
    using pointer = std::shared_ptr<reconnecting_impl>;
    using plain_handler = status_waits::plain_handler;
    using status_handler = pending_handler<void(boost::system::error_code, connection_status)>;
    using reply_handler = pending_handler<reply_signature>;

    reconnecting_impl(boost::asio::any_io_executor executor, connection_source source, reconnect_options options);
    ~reconnecting_impl();

    // From any thread.
    void close() noexcept;
    [[nodiscard]] connection_status status() const { return status_.read(); }
    [[nodiscard]] event_hub& events() noexcept { return streams_->hub(); }

    // On the executor only.
    void begin();
    void execute(relayed_list& one);
    void cancel(relayed_command& command, boost::asio::cancellation_type kind);
    void wait_change(std::shared_ptr<change_wait> const& waiting);
    void wait_connected(std::shared_ptr<plain_handler> const& waiting);
    void close(std::shared_ptr<plain_handler> const& waiting);
    template <class Waiting>
    void cancel_wait(std::shared_ptr<Waiting> const& waiting)
    {
        waits_.cancel(waiting);
    }

    // For the attempts.
    /// @throws std::bad_alloc Then call pause().
    void connect(connect_target target);
    /// There is no connection now. Tries again after a pause, or gives up.
    void pause(boost::system::error_code why);
    /// There will be no connection any more.
    void finish(boost::system::error_code why);

    // For the commands and the turns.
    void on_commands_changed();
    [[nodiscard]] bool has_work() const noexcept;
    void on_turn();

    void destroy_handlers() noexcept override;

private:
    using error_code = boost::system::error_code;
    using time_point = time_source::time_point;

    void connected(session_impl const& which, error_code error);
    void ended(session_impl const& which, error_code why);
    void log_pause() const;
    void arm();
    void on_timer();

    reconnect_options const options_;
    std::shared_ptr<lasting_streams> const streams_;  ///< Shared with the sessions.
    connection_attempts attempts_;
    backoff_plan plan_;
    command_relay commands_;
    published_status status_;
    status_waits waits_;
    turn_scheduler<reconnecting_impl> turns_;
    std::shared_ptr<session_impl> session_;

    time_source* clock_;
    std::optional<boost::asio::steady_timer> timer_;
    handler_memory timer_memory_;
    post_memory retry_memory_;
    bool is_timing_ = false;
    time_point armed_for_ = time_point::max();
    time_point next_attempt_ = time_point::max();

    std::atomic<bool> close_requested_ = false;
    post_memory close_memory_;
};

}  // namespace coqmp::detail

#endif
