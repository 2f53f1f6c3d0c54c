// How well a QEMU answers, without I/O: when to ask it, and what it means if it does not answer.
// Invariant: a QEMU is never `gone` here, and never `silent` as long as an answer or an event may wait to be read: the verdict
// falls only at a second look, a moment after the time for the answer is over. So a supervisor that was itself stopped, or busy,
// blames no machine for that.
#ifndef COQMP_SRC_SUPERVISION_LIVENESS_RECORD_HPP
#define COQMP_SRC_SUPERVISION_LIVENESS_RECORD_HPP

#include <coqmp/lifecycle.hpp>

#include <chrono>
#include <optional>

namespace coqmp::detail {

/// The main loop is asked in-band first. If it does not answer, the monitor's own thread is asked out of band.
class liveness_record
{
public:
    using clock = std::chrono::steady_clock;

    /// Between the end of the time for an answer and the verdict.
    static constexpr std::chrono::nanoseconds second_look = std::chrono::seconds(1);

    /// What to ask now.
    enum class question { none, in_band, out_of_band };

    liveness_record(std::chrono::nanoseconds interval, std::chrono::nanoseconds time) noexcept : interval_(interval), time_(time)
    {}

    // ---- What happens ------------------------------------------------------------------------------------------------------

    /// @param has_out_of_band whether it can be asked out of band. If not, it is never called silent while it is connected
    void connected(bool has_out_of_band, clock::time_point now) noexcept;
    void disconnected(clock::time_point now) noexcept;
    /// The question has been sent: at most one of each kind until its answer comes.
    void asked(question what, clock::time_point now) noexcept;
    void answered(question what, clock::time_point now) noexcept;
    /// An event has come.
    void heard(clock::time_point now) noexcept;
    /// The next question is due at this time, if it is not due earlier.
    void ask_by(clock::time_point when) noexcept;
    /// Nothing is asked before this time, and nothing is concluded from a silence on an open connection. Replaces an earlier hold.
    void hold(clock::time_point until) noexcept;
    /// Other times from the next question on.
    void set_times(std::chrono::nanoseconds interval, std::chrono::nanoseconds time) noexcept
    {
        interval_ = interval;
        time_ = time;
    }
    /// Whether QEMU has announced its end: then the end of its connection is not silence.
    void expect_end(bool is_expected) noexcept { expects_end_ = is_expected; }
    /// Looks at the time.
    void tick(clock::time_point now) noexcept;

    // ---- What is known -----------------------------------------------------------------------------------------------------

    [[nodiscard]] liveness state() const noexcept { return state_; }
    [[nodiscard]] question due(clock::time_point now) const noexcept;
    /// Since when it has been silent.
    [[nodiscard]] std::optional<clock::time_point> silent_since() const noexcept { return silent_since_; }
    /// When to call tick() next.
    [[nodiscard]] clock::time_point next_time() const noexcept;
    [[nodiscard]] bool is_connected() const noexcept { return is_connected_; }

private:
    void conclude(clock::time_point now) noexcept;
    void enter(liveness state, clock::time_point now) noexcept;
    void await(clock::time_point until) noexcept;
    [[nodiscard]] clock::time_point question_time() const noexcept;
    [[nodiscard]] clock::time_point verdict_time() const noexcept;

    std::chrono::nanoseconds interval_;
    std::chrono::nanoseconds time_;
    liveness state_ = liveness::responsive;
    bool is_connected_ = false;
    bool has_out_of_band_ = false;
    bool in_band_is_open_ = false;      ///< Sent, and not answered.
    bool out_of_band_is_open_ = false;  ///< The same.
    bool wants_out_of_band_ = false;    ///< The main loop did not answer in time.
    bool is_second_look_ = false;
    bool expects_end_ = false;
    clock::time_point next_question_ = clock::time_point::max();
    clock::time_point verdict_ = clock::time_point::max();
    clock::time_point hold_until_ = clock::time_point::min();
    std::optional<clock::time_point> silent_since_;
};

}  // namespace coqmp::detail

#endif
