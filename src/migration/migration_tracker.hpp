// The rules of following one migration: what QEMU's events and answers mean, and what to ask of QEMU next.
// Invariant: no I/O and no clock here. A migration in postcopy is never cancelled: that would lose the guest.
#ifndef COQMP_SRC_MIGRATION_MIGRATION_TRACKER_HPP
#define COQMP_SRC_MIGRATION_MIGRATION_TRACKER_HPP

#include "following/state_query.hpp"
#include "migration/migration_facts.hpp"

#include <coqmp/command.hpp>
#include <coqmp/event.hpp>
#include <coqmp/event_filter.hpp>
#include <coqmp/migration_end.hpp>
#include <coqmp/migration_progress.hpp>
#include <coqmp/migration_state.hpp>
#include <coqmp/reply.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace coqmp::detail {

/// The events that may be about the migration.
[[nodiscard]] event_filter migration_events();

/// One migration, at its source or at its destination.
class migration_tracker
{
public:
    // What a follower asks of its rules. A verb is a whole command.
    using end_type = migration_end;
    using progress_type = migration_progress;
    using verb_type = command;
    using goal_type = migration_state;

    // ---- What has happened -------------------------------------------------------------------------------------------------

    /// A migration may have been there for long.
    void attached();
    /// The command that starts it has succeeded, or may have.
    void started(bool is_certain = true);
    /// It has not, and never will.
    void not_started(std::string const& reason);
    void take(event const& what);
    /// QEMU's reply to the command that next() returned.
    void answer(reply const& what);
    /// There will be no reply to that command.
    void unanswered();
    void accepted(command const& verb);
    /// No more events or answers will come.
    void disconnected();

    // ---- What is wanted ----------------------------------------------------------------------------------------------------

    /// Ask QEMU how far it is.
    void look();
    void drive() noexcept {}
    void cancel();

    // ---- What to do --------------------------------------------------------------------------------------------------------

    /// The next command to send; nothing while there is nothing to do, or while the reply to the last one is missing.
    [[nodiscard]] std::optional<command> next();
    [[nodiscard]] command to_send(command const& verb) const { return verb; }
    [[nodiscard]] static bool knows_another(reply const&) noexcept { return false; }

    // ---- What is known -----------------------------------------------------------------------------------------------------

    [[nodiscard]] migration_facts const& known() const noexcept { return known_; }
    [[nodiscard]] bool has_reached(migration_state goal) const noexcept { return known_.visible_state() == goal; }
    [[nodiscard]] std::optional<migration_end> const& end() const noexcept { return end_; }
    /// What a run of the migration reports at its end; nothing before the end.
    [[nodiscard]] static std::optional<migration_progress> last_report(migration_progress const& newest);
    /// A cancellation that is impossible or was refused; it is no longer wanted.
    [[nodiscard]] std::optional<migration_end> take_refusal();
    /// Without the capability `events` QEMU must be asked again and again.
    [[nodiscard]] std::chrono::nanoseconds longest_silence() const noexcept;

private:
    void enter(migration_state next);
    void finish(migration_end how);
    /// Ends the migration with the state that the events gave, without QEMU's report.
    void finish_as_known();
    void take_report(reply const& answer);
    void take_cancellation(reply const& answer);

    enum class phase { starting, following };

    phase phase_ = phase::starting;
    migration_facts known_;
    state_query report_;
    std::optional<migration_end> end_;
    std::optional<migration_end> refusal_;
    bool is_cancelling_ = false;   // a cancellation is wanted
    bool is_cancel_sent_ = false;  // its command was sent, and has no reply yet
    bool has_cancelled_ = false;   // it was sent, and is not sent again
    bool is_on_hold_ = false;      // the cancellation got no reply: not before the next look
};

}  // namespace coqmp::detail

#endif
