// A migration as far as QEMU has reported it: its state and its progress.
// Invariant: only reports change it; what they mean for the end is up to migration_tracker.
#ifndef COQMP_SRC_MIGRATION_MIGRATION_FACTS_HPP
#define COQMP_SRC_MIGRATION_MIGRATION_FACTS_HPP

#include "detail/rate_estimate.hpp"

#include <coqmp/event.hpp>
#include <coqmp/migration_progress.hpp>
#include <coqmp/migration_state.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>

namespace coqmp::detail {

/// Whether a migration in this state has ended.
[[nodiscard]] bool is_final(migration_state what) noexcept;

class migration_facts
{
public:
    // ---- What QEMU has reported --------------------------------------------------------------------------------------------

    /// An event.
    /// @return the state that it reports, if it reports one; it is not entered
    [[nodiscard]] std::optional<migration_state> take(event const& what);
    /// An answer to `query-migrate`: all that does not depend on events that may be newer.
    /// @return the state that it reports; migration_state::none: it reports none. It is not entered.
    [[nodiscard]] migration_state take_report(boost::json::object const& report);
    void enter(migration_state next) noexcept;
    /// Everything that QEMU reports about the end is known now.
    void conclude() noexcept { progress_.state = state_; }

    // ---- What is known -----------------------------------------------------------------------------------------------------

    [[nodiscard]] migration_state state() const noexcept { return state_; }
    /// The state that the user sees: the final state appears only once everything about the end is known.
    [[nodiscard]] migration_state visible_state() const noexcept { return progress_.state; }
    [[nodiscard]] migration_progress progress(rate_estimate const& rate) const;
    /// Whether its progress says something about its speed.
    [[nodiscard]] bool is_at_work() const noexcept;
    /// Whether to report the change to the user. Towards its end, a migration passes over the last memory many times a second.
    [[nodiscard]] static bool is_news(migration_progress const& before, migration_progress const& now) noexcept
    {
        return before.state != now.state;
    }
    /// Bytes of memory that were processed.
    [[nodiscard]] std::uint64_t measured() const noexcept { return copied_; }
    /// How many answers of QEMU have reported on the migration.
    [[nodiscard]] std::uint64_t reports() const noexcept { return reports_; }
    [[nodiscard]] bool has_ended() const noexcept;
    /// Whether the guest may already run at the destination: the source alone has no whole guest any more.
    [[nodiscard]] bool is_in_postcopy() const noexcept;
    /// Whether a `setup` event was seen.
    [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }
    /// Whether QEMU sends MIGRATION.
    [[nodiscard]] bool has_events() const noexcept { return has_events_; }

private:
    migration_progress progress_;
    migration_state state_ = migration_state::unknown;
    std::uint64_t copied_ = 0;
    bool has_begun_ = false;
    bool has_events_ = false;
    std::uint64_t reports_ = 0;
};

}  // namespace coqmp::detail

#endif
