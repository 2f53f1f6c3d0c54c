// The shell is plain synchronous code; whenever it waits for something it waits here, and QEMU is read meanwhile.
// Invariant: one thread; nothing of the shell waits anywhere else, so that QEMU's events and its death are always noticed.
#ifndef QMP_SHELL_EVENT_LOOP_HPP
#define QMP_SHELL_EVENT_LOOP_HPP

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
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
    bool run_until(Condition const& holds, std::chrono::nanoseconds patience)
    {
        bool late = false;
        boost::asio::steady_timer deadline(context_, patience);
        deadline.async_wait([&late](boost::system::error_code) { late = true; });
        run_until([&] { return late || holds(); });
        deadline.cancel();
        bool const held = holds();
        run_until([&] { return late; });  // its handler refers to this call
        return held;
    }

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
