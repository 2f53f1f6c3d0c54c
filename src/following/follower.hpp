// Follows something that runs inside QEMU, a job or a migration: joins its rules with the session's commands and events, with a
// timer, and with the operations that wait.
// Invariant: every operation completes exactly once: when what it waits for has ended, when the session or the handle ends, or
// when it is cancelled.
#ifndef COQMP_SRC_FOLLOWING_FOLLOWER_HPP
#define COQMP_SRC_FOLLOWING_FOLLOWER_HPP

#include "detail/handler_memory.hpp"
#include "detail/handler_registry.hpp"
#include "detail/post_reserved.hpp"
#include "detail/rate_estimate.hpp"
#include "following/end_waits.hpp"
#include "following/look_timer.hpp"
#include "following/progress_readers.hpp"
#include "following/published_progress.hpp"
#include "following/waits.hpp"
#include "session/session_impl.hpp"

#include <coqmp/command.hpp>
#include <coqmp/error.hpp>
#include <coqmp/event_filter.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace coqmp::detail {

/// The state behind a job or a migration.
/// @tparam Rules what QEMU's events and answers mean, and what to send next; without I/O. See job_tracker.
template <class Rules>
class follower : public handler_registration, public std::enable_shared_from_this<follower<Rules>>
{
public:
    using end_type = typename Rules::end_type;
    using progress_type = typename Rules::progress_type;
    using goal_type = typename Rules::goal_type;
    using verb_type = typename Rules::verb_type;
    using end_handler = pending_handler<void(boost::system::error_code, end_type)>;
    using progress_handler = pending_handler<void(boost::system::error_code, progress_type)>;
    using reply_handler = pending_handler<void(boost::system::error_code, reply)>;
    using end_wait = typename end_waits<end_type>::pointer;
    using progress_wait = typename progress_readers<progress_type, goal_type>::pointer;
    using command_wait = std::shared_ptr<waiting_for_reply>;

    /// @param monitor none: of a session that was moved from
    /// @param start the command that starts it; none: it may be there
    follower(boost::asio::any_io_executor executor, std::shared_ptr<session_impl> monitor, Rules rules, event_filter events,
             std::optional<command> start)
        : handler_registration(std::move(executor)),
          monitor_(std::move(monitor)),
          events_(monitor_ ? monitor_->events().subscribe(std::move(events), 0) : nullptr),
          start_(std::move(start)),
          rules_(std::move(rules)),
          timer_(this->executor())
    {}

    // ---- From any thread ---------------------------------------------------------------------------------------------------

    [[nodiscard]] published_progress<progress_type>& published() noexcept { return published_; }

    /// Whether commands can be sent out of band.
    [[nodiscard]] bool has_out_of_band() const noexcept
    {
        auto const* const negotiated = monitor_ ? monitor_->negotiated() : nullptr;
        return negotiated != nullptr && negotiated->out_of_band();
    }

    void close() noexcept
    {
        if (executor() && !close_requested_.exchange(true))
            dispatch_reserved(executor(), close_memory_, [self = this->shared_from_this()] { self->end(); });
    }

    // ---- On the executor: see operations.hpp -------------------------------------------------------------------------------

    void wait_for_end(end_wait const& wait);
    void wait_for_news(progress_wait const& wait);
    void start(command_wait const& wait);
    void control(command_wait const& wait, verb_type verb);
    void cancel(end_wait const& wait);
    void cancel(progress_wait const& wait);

    void destroy_handlers() noexcept override;

protected:
    ~follower() = default;

private:
    using error_code = boost::system::error_code;
    using reply_function = std::function<void(error_code, reply)>;

    // Input.
    void listen();
    void drain();
    void heard(error_code error, event const& what);
    void started(error_code error, reply const& answer);
    void controlled(command_wait const& wait, verb_type const& verb, error_code error, reply answer);
    void answered(error_code error, reply const& answer);
    void look_if_due();

    // Output.
    void step();
    void publish();
    void arm();
    void end();
    void execute(command what, reply_function done, command_wait const& wait = nullptr);

    std::shared_ptr<session_impl> const monitor_;
    std::shared_ptr<subscription> events_;
    std::optional<command> start_;
    Rules rules_;
    rate_estimate rate_;

    enum class stage { idle, starting, following, closed };
    stage stage_ = stage::idle;
    bool is_listening_ = false;
    bool is_disconnected_ = false;
    std::uint64_t reports_ = 0;  // that are published
    published_progress<progress_type> published_;
    end_waits<end_type> end_waits_;
    progress_readers<progress_type, goal_type> readers_;
    std::vector<std::weak_ptr<waiting_for_reply>> commands_;
    look_timer timer_;
    std::atomic<bool> close_requested_ = false;
    post_memory close_memory_;
};

// ---- Operations ------------------------------------------------------------------------------------------------------------

template <class Rules>
void follower<Rules>::wait_for_end(end_wait const& wait)
{
    if (stage_ == stage::closed || (wait->cancelled && !is_run(wait->what)))
        return wait->waiting.post(aborted(), end_type());
    if (stage_ == stage::idle && start_)
        return wait->waiting.post(make_error_code(errc::not_running), end_type());
    listen();
    if (is_run(wait->what))
        rules_.drive();
    if (wait->what == purpose::cancel || wait->cancelled)
        rules_.cancel();
    end_waits_.add(wait);
    step();
}

template <class Rules>
void follower<Rules>::wait_for_news(progress_wait const& wait)
{
    if (stage_ == stage::closed || wait->cancelled)
        return wait->waiting.post(aborted(), progress_type());
    if (stage_ == stage::idle && start_)
        return wait->waiting.post(make_error_code(errc::not_running), progress_type());
    if (!wait->goal && readers_.has_watcher())
        return wait->waiting.post(make_error_code(errc::operation_in_progress), progress_type());
    listen();
    readers_.add(wait);
    step();
}

template <class Rules>
void follower<Rules>::start(command_wait const& wait)
{
    if (stage_ == stage::closed)
        return wait->waiting.post(aborted(), reply::unanswered(false));
    if (stage_ != stage::idle || !start_)
        return wait->waiting.post(make_error_code(errc::already_started), reply::unanswered(false));
    stage_ = stage::starting;
    listen();
    auto done = [self = this->shared_from_this(), wait](error_code error, reply const& answer) {
        wait->waiting.post(error, reply(answer));  // before the operations that it ends
        self->started(error, answer);
    };
    execute(*start_, std::move(done), wait);
}

template <class Rules>
void follower<Rules>::control(command_wait const& wait, verb_type verb)
{
    if (stage_ == stage::closed)
        return wait->waiting.post(aborted(), reply::unanswered(false));
    if (stage_ == stage::idle && start_)
        return wait->waiting.post(make_error_code(errc::not_running), reply::unanswered(false));
    listen();
    auto done = [self = this->shared_from_this(), wait, verb](error_code error, reply answer) {
        self->controlled(wait, verb, error, std::move(answer));
    };
    execute(rules_.to_send(verb), std::move(done), wait);
}

// The first cancellation of a run() cancels what runs in QEMU; the end of that, or a second cancellation, ends the run().
template <class Rules>
void follower<Rules>::cancel(end_wait const& wait)
{
    bool const is_first = !std::exchange(wait->cancelled, true);
    if (!end_waits_.contains(wait))
        return;  // it has completed, or is on its way here
    if (is_run(wait->what) && is_first)
        rules_.cancel();
    else
        end_waits_.abort(wait);
    step();
}

template <class Rules>
void follower<Rules>::cancel(progress_wait const& wait)
{
    wait->cancelled = true;
    if (readers_.abort(wait))
        step();
}

// ---- Input -----------------------------------------------------------------------------------------------------------------

template <class Rules>
void follower<Rules>::listen()
{
    if (std::exchange(is_listening_, true))
        return;
    if (stage_ == stage::idle) {
        stage_ = stage::following;
        rules_.attached();
    }
    if (!events_) {
        is_disconnected_ = true;
        return;
    }
    heard({}, event());
}

/// Takes the events that were queued before a reply was: in this order QEMU sent them.
template <class Rules>
void follower<Rules>::drain()
{
    while (auto const what = events_ ? events_->try_next() : std::nullopt)
        rules_.take(*what);
}

template <class Rules>
void follower<Rules>::heard(error_code error, event const& what)
{
    if (stage_ == stage::closed)
        return;
    if (!error && !what.name.empty())
        rules_.take(what);
    if (error) {
        is_disconnected_ = true;
        rules_.disconnected();
        return step();
    }
    auto next = [self = this->shared_from_this()](error_code failure, event const& happened) { self->heard(failure, happened); };
    events_->async_next({boost::asio::bind_executor(executor(), std::move(next)), executor()});
    if (!what.name.empty())
        step();
}

template <class Rules>
void follower<Rules>::started(error_code error, reply const& answer)
{
    if (stage_ != stage::starting)
        return;
    stage_ = stage::following;
    drain();
    if (!error && answer.has_error())
        rules_.not_started(start_->name() + ": " + answer.error().description);
    else if (error && !answer.was_sent())
        rules_.not_started(start_->name() + ": " + error.message());
    else
        rules_.started(!error);
    step();
}

template <class Rules>
void follower<Rules>::controlled(command_wait const& wait, verb_type const& verb, error_code error, reply answer)
{
    drain();
    if (!error && rules_.knows_another(answer))
        return control(wait, verb);
    if (!error && answer.has_value())
        rules_.accepted(verb);
    wait->waiting.post(error, std::move(answer));
    step();
}

template <class Rules>
void follower<Rules>::answered(error_code error, reply const& answer)
{
    drain();
    if (error)
        rules_.unanswered();
    else
        rules_.answer(answer);
    step();
}

template <class Rules>
void follower<Rules>::look_if_due()
{
    if (!timer_.is_due())
        return;
    rules_.look();
    step();
}

// ---- Output ----------------------------------------------------------------------------------------------------------------

template <class Rules>
void follower<Rules>::step()
{
    if (stage_ == stage::closed)
        return;
    if (!is_disconnected_) {
        if (auto what = rules_.next())
            execute(*std::move(what),
                    [self = this->shared_from_this()](error_code error, reply const& answer) { self->answered(error, answer); });
    }
    publish();
    auto const& end = rules_.end();
    end_waits_.finish(end, rules_.take_refusal(), is_disconnected_);
    readers_.finish(published_.newest(), end.has_value(), is_disconnected_,
                    [this](goal_type const& goal) { return rules_.has_reached(goal); });
    arm();
}

template <class Rules>
void follower<Rules>::publish()
{
    auto const& known = rules_.known();
    bool const is_measured = std::exchange(reports_, known.reports()) != known.reports();
    if (!known.is_at_work())
        rate_.restart();
    else if (is_measured)
        rate_.sample(timer_.now(), known.measured());
    auto const now = known.progress(rate_);
    auto const before = published_.publish(now);
    if (known.is_news(before, now) || (is_measured && known.is_at_work()))
        readers_.have_news();
}

/// Sets the timer for the next look at what QEMU says, if any operation waits for what that would show.
template <class Rules>
void follower<Rules>::arm()
{
    std::optional<std::chrono::nanoseconds> pause;
    bool const is_awaited = !readers_.empty() || !end_waits_.empty();
    if (is_awaited && stage_ == stage::following)
        pause = rules_.longest_silence();
    if (pause && readers_.has_watcher())
        pause = std::min(published_.interval(), *pause);
    timer_.arm(pause, [self = this->shared_from_this()] { self->look_if_due(); });
}

/// @param wait none: a command of the rules, which no operation waits for
template <class Rules>
void follower<Rules>::execute(command what, reply_function done, command_wait const& wait)
{
    boost::asio::cancellation_slot slot;
    if (wait) {
        std::erase_if(commands_, [](auto const& each) { return each.expired(); });
        commands_.push_back(wait);
        slot = wait->abandon.slot();
    }
    auto handler = boost::asio::bind_cancellation_slot(slot, boost::asio::bind_executor(executor(), std::move(done)));
    start_execute(monitor_, {std::move(handler), executor()}, std::move(what));
}

template <class Rules>
void follower<Rules>::end()
{
    if (std::exchange(stage_, stage::closed) == stage::closed)
        return;
    if (events_)
        events_->close();
    timer_.reset();
    end_waits_.abort_all();
    readers_.abort_all();
    for (auto const& each : std::exchange(commands_, {}))
        if (auto const wait = each.lock())
            wait->abandon.emit(boost::asio::cancellation_type::terminal);
}

template <class Rules>
void follower<Rules>::destroy_handlers() noexcept
{
    auto const self = this->weak_from_this().lock();
    stage_ = stage::closed;
    timer_.reset();
    auto const waits = end_waits_.release();
    auto const readers = readers_.release();
}

}  // namespace coqmp::detail

#endif
