// Schedules the turns of an object. The object runs the handlers of its operations only in a turn, never inside another function.
// Invariant: when a turn ends, even by an exception, another one is scheduled if there is work. At most one is scheduled.
#ifndef COQMP_SRC_DETAIL_TURN_SCHEDULER_HPP
#define COQMP_SRC_DETAIL_TURN_SCHEDULER_HPP

#include "detail/handler_memory.hpp"
#include "detail/post_reserved.hpp"

#include <memory>
#include <new>

namespace coqmp::detail {

/// Part of its owner, and used on the owner's executor only.
/// @tparam Owner has `executor()` and `shared_from_this()`; `has_work()`: whether a turn would do something; and `on_turn()`,
/// which calls run()
template <class Owner>
class turn_scheduler
{
public:
    /// Causes a call of `on_turn()` or of run() without memory. @return false if it cannot
    using wake_function = bool (*)(Owner&) noexcept;

    explicit turn_scheduler(Owner& owner, wake_function wake_without_memory = nullptr) noexcept
        : owner_(owner), wake_without_memory_(wake_without_memory)
    {}
    turn_scheduler(turn_scheduler const&) = delete;
    turn_scheduler& operator=(turn_scheduler const&) = delete;
    ~turn_scheduler() = default;

    /// Whether `on_turn()` will be called.
    [[nodiscard]] bool is_scheduled() const noexcept { return is_scheduled_; }

    /// Schedules a turn if there is work, unless one is scheduled or running already. On an `io_context` it needs no memory.
    /// @throws std::bad_alloc of a strand
    void schedule()
    {
        if (is_running_ || is_scheduled_ || !owner_.has_work())
            return;
        is_scheduled_ = true;
        try {
            post_reserved(owner_.executor(), memory_, [self = pointer()] { self->begin(); });
        } catch (std::bad_alloc const&) {
            is_scheduled_ = false;
            if (wake_without_memory_ == nullptr || !wake_without_memory_(owner_))
                throw;
        }
    }

    /// Runs a turn: all that happens meanwhile waits for its end or for the next turn, which is scheduled if work is left. (Not by
    /// an object of this scope: there may be no memory to schedule a turn, and a destructor must not throw.)
    template <class Work>
    void run(Work work)
    try {
        is_running_ = true;
        work();
        end();
    } catch (...) {  // of a handler or a hook of the user's
        end();
        throw;
    }

private:
    void begin()
    {
        is_scheduled_ = false;
        owner_.on_turn();
    }

    void end()
    {
        is_running_ = false;
        schedule();  // a handler has thrown, or has caused more work
    }

    /// Keeps the owner alive.
    [[nodiscard]] std::shared_ptr<turn_scheduler> pointer() { return {owner_.shared_from_this(), this}; }

    Owner& owner_;
    wake_function const wake_without_memory_;
    post_memory memory_;
    bool is_scheduled_ = false;
    bool is_running_ = false;
};

}  // namespace coqmp::detail

#endif
