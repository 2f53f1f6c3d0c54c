// The shell is plain synchronous code; whenever it waits for something it waits here, and QEMU is read meanwhile.
// Invariant: one thread; nothing of the shell waits anywhere else, so that QEMU's events and its death are always noticed.
#ifndef QMP_SHELL_EVENT_LOOP_HPP
#define QMP_SHELL_EVENT_LOOP_HPP

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace qmp_shell {

/// An io_context, and the signals that interrupt the shell (SIGINT) or make it leave (SIGTERM, SIGHUP).
class event_loop
{
public:
    using executor_type = boost::asio::io_context::executor_type;

    event_loop();

    [[nodiscard]] executor_type get_executor() noexcept { return context_.get_executor(); }

    /// Runs handlers until the condition holds.
    template <class Condition>
    void run_until(Condition const& holds)
    {
        while (!holds())
            context_.run_one();
    }

    /// The same, but for a limited time. @return whether the condition holds
    template <class Condition>
    bool run_until(Condition const& holds, std::chrono::nanoseconds patience);

    /// Runs an operation, such as `session.async_connect(where)`, to its end; Ctrl-C cancels it.
    /// @tparam Results the parameters of its handler @return what the handler would get
    template <class... Results, class Operation>
    std::tuple<Results...> finish(Operation operation);

    /// Runs what is ready, and waits for nothing.
    void settle() { context_.poll(); }

    /// The signal that makes the shell leave; zero: none came.
    [[nodiscard]] int terminated() const noexcept { return terminated_; }

private:
    friend class interruption;
    friend class lasting_interrupt;
    void await_signal();
    void interrupt() const;

    boost::asio::io_context context_{1};
    boost::asio::signal_set signals_;
    std::function<void()> on_interrupt_;
    bool interrupts_last_ = false;
    bool interrupted_ = false;  ///< and interrupts last
    int terminated_ = 0;
};

/// Says what Ctrl-C does as long as it lives (and what else stops a wait: a signal to leave). Inside of another one: both.
class interruption
{
public:
    interruption(event_loop& loop, std::function<void()> reaction) : loop_(loop), former_(loop.on_interrupt_)
    {
        loop_.on_interrupt_ = [inner = std::move(reaction), outer = former_] {
            inner();
            if (outer)
                outer();
        };
        if (loop_.interrupted_)  // as if it came again, when what begins now waits; but not for what comes after the script
            boost::asio::post(loop_.context_, [&loop] {
                if (loop.interrupted_)
                    loop.interrupt();
            });
    }
    interruption(interruption const&) = delete;
    interruption& operator=(interruption const&) = delete;
    ~interruption() { loop_.on_interrupt_ = std::move(former_); }

private:
    event_loop& loop_;
    std::function<void()> former_;
};

/// Does something after a time, unless it is destroyed before.
class delayed
{
public:
    template <class Action>
    delayed(event_loop& loop, std::chrono::nanoseconds time, Action action) : timer_(loop.get_executor(), time)
    {
        timer_.async_wait([action = std::move(action), alive = std::weak_ptr(alive_)](boost::system::error_code error) {
            if (!error && !alive.expired())
                action();
        });
    }
    delayed(delayed const&) = delete;
    delayed& operator=(delayed const&) = delete;
    ~delayed() = default;

private:
    boost::asio::steady_timer timer_;
    std::shared_ptr<bool> const alive_ = std::make_shared<bool>(true);  ///< the timer's handler may run when this has gone
};

template <class Condition>
bool event_loop::run_until(Condition const& holds, std::chrono::nanoseconds patience)
{
    bool late = false;
    delayed const deadline(*this, patience, [&late] { late = true; });
    run_until([&] { return late || holds(); });
    return holds();
}

template <class... Results, class Operation>
std::tuple<Results...> event_loop::finish(Operation operation)
{
    std::optional<std::tuple<Results...>> results;
    boost::asio::cancellation_signal give_up;
    interruption const on_interrupt(*this, [&give_up] { give_up.emit(boost::asio::cancellation_type::terminal); });
    std::move(operation)(boost::asio::bind_cancellation_slot(
        give_up.slot(), [&results](Results... values) { results.emplace(std::move(values)...); }));
    run_until([&results] { return results.has_value(); });
    return *std::move(results);
}

/// As long as it lives Ctrl-C is meant for all that follows, too: it ends a script whatever the script is doing at the moment.
class lasting_interrupt
{
public:
    explicit lasting_interrupt(event_loop& loop) : loop_(loop) { loop_.interrupts_last_ = true; }
    lasting_interrupt(lasting_interrupt const&) = delete;
    lasting_interrupt& operator=(lasting_interrupt const&) = delete;
    ~lasting_interrupt() { loop_.interrupts_last_ = loop_.interrupted_ = false; }

    /// Whether Ctrl-C was pressed.
    [[nodiscard]] bool came() const noexcept { return loop_.interrupted_; }

private:
    event_loop& loop_;
};

}  // namespace qmp_shell

#endif
