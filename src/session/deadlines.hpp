// The deadlines of a session: of connecting, of each command, of the events that commands are to cause.
// Invariant: the timer is set for the earliest deadline or for an earlier moment.
#ifndef COQMP_SRC_SESSION_DEADLINES_HPP
#define COQMP_SRC_SESSION_DEADLINES_HPP

#include "detail/handler_memory.hpp"
#include "detail/time_source.hpp"
#include "events/subscription.hpp"
#include "session/pending_command.hpp"
#include "session/turn_handler.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/set.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>

namespace coqmp::detail {

/// Owns the timer, and calls turn_handler::on_turn() when a deadline has passed. Used on the session's executor only.
class deadlines
{
public:
    using time_point = time_source::time_point;
    static constexpr time_point never = time_point::max();

    deadlines(boost::asio::any_io_executor const& executor, turn_handler& owner);
    ~deadlines();
    deadlines(deadlines const&) = delete;
    deadlines& operator=(deadlines const&) = delete;

    [[nodiscard]] time_point now() const noexcept { return clock_->now(); }
    [[nodiscard]] time_point earliest() const noexcept;

    /// @param duration zero: no deadline. The same holds for add().
    void start_connecting(std::chrono::nanoseconds duration);
    void stop_connecting() noexcept { connect_deadline_ = never; }
    [[nodiscard]] bool has_connecting_expired(time_point now) const noexcept { return connect_deadline_ <= now; }

    /// A command, and the event that it is to cause, if there is one: both have the same deadline.
    void add(pending_command& command, std::chrono::nanoseconds duration);
    void remove(pending_command& command) noexcept;

    /// Ends the waits for events that did not come.
    void expire_events(time_point now);

    /// Sets the timer for the earliest deadline, if it is not set for that or for an earlier moment.
    void arm() { arm(earliest()); }

    /// Nothing has a deadline any more.
    void close() noexcept;

    /// The execution context is gone: destroys the timer.
    void reset() noexcept;

private:
    using command_set = boost::intrusive::multiset<
        pending_command,
        boost::intrusive::member_hook<pending_command, boost::intrusive::set_member_hook<>, &pending_command::deadline_hook>>;

    void arm(time_point moment);
    void on_timer();
    void add_event(std::weak_ptr<subscription> const& wait, time_point deadline);

    turn_handler& owner_;
    time_source* clock_;
    std::optional<boost::asio::steady_timer> timer_;
    handler_memory timer_memory_;
    bool waiting_ = false;  // for the timer
    time_point armed_for_ = never;
    time_point connect_deadline_ = never;
    command_set commands_;
    std::multimap<time_point, std::weak_ptr<subscription>> events_;
    std::size_t largest_events_ = 0;  // above this, look for waits that have ended
};

}  // namespace coqmp::detail

#endif
