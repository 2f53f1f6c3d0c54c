#include "migration/migration_facts.hpp"

#include "detail/json_access.hpp"

#include <chrono>
#include <string_view>

namespace json = boost::json;

namespace coqmp::detail {

namespace {

std::optional<std::chrono::milliseconds> duration_in(json::object const& report, std::string_view name)
{
    if (!report.contains(name))
        return std::nullopt;
    return std::chrono::milliseconds(number_in(report, name));
}

}  // namespace

// ---- What QEMU has reported ------------------------------------------------------------------------------------------------

std::optional<migration_state> migration_facts::take(event const& what)
{
    has_events_ = true;
    if (what.name == "MIGRATION_PASS") {
        progress_.passes = number_in(what.data, "pass");
        return std::nullopt;
    }
    auto const next = migration_state_named(text_in(what.data, "status"));
    has_begun_ = has_begun_ || next == migration_state::setup;
    return next;
}

migration_state migration_facts::take_report(json::object const& report)
{
    ++reports_;
    progress_.expected_downtime = duration_in(report, "expected-downtime");
    progress_.downtime = duration_in(report, "downtime");
    progress_.total_time = std::chrono::milliseconds(number_in(report, "total-time"));
    if (auto const* const memory = object_in(report, "ram")) {
        progress_.total = number_in(*memory, "total");
        progress_.remaining = number_in(*memory, "remaining");
        progress_.transferred = number_in(*memory, "transferred");
        progress_.passes = number_in(*memory, "dirty-sync-count");
    }
    return report.contains("status") ? migration_state_named(text_in(report, "status")) : migration_state::none;
}

// ---- What is known ---------------------------------------------------------------------------------------------------------

migration_progress migration_facts::progress(rate_estimate const& rate) const
{
    migration_progress result = progress_;
    result.rate = rate.per_second();
    return result;
}

bool migration_facts::is_at_work() const noexcept
{
    return progress_.state == migration_state::active || progress_.state == migration_state::postcopy_active;
}

bool migration_facts::has_ended() const noexcept
{
    return progress_.state == migration_state::completed || progress_.state == migration_state::failed ||
           progress_.state == migration_state::cancelled;
}

bool migration_facts::is_in_postcopy() const noexcept
{
    return progress_.state == migration_state::postcopy_active || progress_.state == migration_state::postcopy_paused ||
           progress_.state == migration_state::postcopy_recover_setup || progress_.state == migration_state::postcopy_recover;
}

}  // namespace coqmp::detail
